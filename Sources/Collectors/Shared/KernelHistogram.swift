internal import BPF
internal import BPFPrograms
internal import Exposition

/// The slots of one or more histograms of the kernel's, added up, with the sum of what they counted.
struct KernelHistogram: Equatable {
  /// From the first power of two on.
  private(set) var slots: [UInt64] = []
  /// Nanoseconds.
  private(set) var sum: UInt64 = 0
  private var isFine = false
  /// The first power of two whose slots are told apart.
  private var first = 0

  /// How many slots each power of two has.
  private var eighths: Int { isFine ? Int(FINE_SLOTS) : 1 }

  /// Nothing at all, of any resolution.
  init() {}

  /// - Parameters:
  ///   - isFine: each power of two has eight slots.
  ///   - first: the first slot that the kernel tells apart; it counts there what is less, too.
  init(isFine: Bool, first: Int = 0) {
    self.isFine = isFine
    self.first = first
    slots = [UInt64](repeating: 0, count: Int(HISTOGRAM_SLOTS) * eighths)
  }

  /// For the histograms that `array` holds.
  init<Element>(of array: borrowing MappedArray<Element>, first: Int = 0) {
    self.init(isFine: array.isFine, first: first)
  }

  /// Adds a histogram that has `count` slots and behind them their sum, at byte `offset` of element `index`.
  mutating func add<Element>(
    _ array: borrowing MappedArray<Element>, element index: Int, offset: Int = 0, count: Int = Int(HISTOGRAM_SLOTS)
  ) {
    let from = isFine ? array.fineOffset(of: offset) : offset
    for slot in 0..<count * eighths { slots[first * eighths + slot] &+= array.load(index, offset: from + slot * 8) }
    sum &+= array.load(index, offset: offset + count * 8)
  }

  /// Adds such a histogram of `words`, an element or several added up; the fine slots are behind `size` words.
  mutating func add(words: [UInt64], at offset: Int, count: Int, size: Int) {
    let from = isFine ? size + offset * eighths : offset
    for slot in 0..<count * eighths { slots[first * eighths + slot] &+= words[from + slot] }
    sum &+= words[offset + count]
  }

  /// Reads the histogram at byte `offset` of each element, added up. Returns whether anything was counted.
  @discardableResult
  mutating func read<Element>(
    _ array: borrowing MappedArray<Element>, offset: Int, count: Int = Int(HISTOGRAM_SLOTS)
  ) -> Bool {
    clear()
    for index in 0..<array.count { add(array, element: index, offset: offset, count: count) }
    return !isEmpty
  }

  /// Writes the histogram at byte `offset` of each element, added up.
  mutating func write<Element>(
    _ array: borrowing MappedArray<Element>, offset: Int, count: Int = Int(HISTOGRAM_SLOTS), layout: HistogramLayout,
    to writer: inout SampleWriter
  ) {
    read(array, offset: offset, count: count)
    write(layout, to: &writer)
  }

  /// How many values there are.
  var count: UInt64 { slots.reduce(0, &+) }
  var isEmpty: Bool { slots.allSatisfy { $0 == 0 } }

  func write(_ layout: HistogramLayout, to writer: inout SampleWriter) {
    writer.histogram(slots: slots, sum: sum, layout: layout, scale: SlotScale(isFine: isFine, first: first))
  }

  mutating func clear() {
    for index in slots.indices { slots[index] = 0 }
    sum = 0
  }

  /// Puts each counter together with that of another histogram: of the same resolution, or nothing at all.
  mutating func combine(_ other: Self, _ operation: (UInt64, UInt64) -> UInt64) {
    var other = other
    if slots.isEmpty { self = Self(isFine: other.isFine, first: other.first) }
    if other.slots.isEmpty { other = Self(isFine: isFine, first: first) }
    for index in slots.indices { slots[index] = operation(slots[index], other.slots[index]) }
    sum = operation(sum, other.sum)
  }
}
