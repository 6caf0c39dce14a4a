internal import BPF
internal import BPFPrograms
internal import Exposition

/// Reads a `struct histogram` that each CPU has one of.
struct KernelHistogram {
  private static let slots = Int(HISTOGRAM_SLOTS)
  private var words = [UInt64](repeating: 0, count: KernelHistogram.slots + 1)

  /// Writes the histogram at byte `offset` of each element, summed over all CPUs.
  mutating func write<Element>(
    _ array: borrowing MappedArray<Element>, offset: Int, layout: HistogramLayout, to writer: inout SampleWriter
  ) {
    read(array, offset: offset)
    write(layout, to: &writer)
  }

  /// Adds a histogram that keeps `count` slots apart from slot `first` on, with the sum behind them, at byte `offset` of
  /// element `index`.
  mutating func add<Element>(
    _ array: borrowing MappedArray<Element>, element index: Int, offset: Int = 0, slots first: Int, count: Int
  ) {
    for slot in 0..<count { words[first + slot] &+= array.load(index, offset: offset + slot * 8) }
    words[Self.slots] &+= array.load(index, offset: offset + count * 8)
  }

  /// Writes the sum of such histograms over all elements.
  mutating func write<Element>(
    _ array: borrowing MappedArray<Element>, offset: Int, slots first: Int, count: Int, layout: HistogramLayout,
    to writer: inout SampleWriter
  ) {
    clear()
    for index in 0..<array.count { add(array, element: index, offset: offset, slots: first, count: count) }
    write(layout, to: &writer)
  }

  /// Reads the histogram at byte `offset` of each element, summed over all CPUs. Returns whether anything was counted.
  @discardableResult
  mutating func read<Element>(_ array: borrowing MappedArray<Element>, offset: Int) -> Bool {
    clear()
    array.addWords(at: offset, to: &words)
    return words[..<Self.slots].contains { $0 > 0 }
  }

  /// How many values were counted in what was read last.
  var count: UInt64 { words[..<Self.slots].reduce(0, &+) }

  /// Writes what was read last.
  func write(_ layout: HistogramLayout, to writer: inout SampleWriter) {
    writer.histogram(slots: words[..<Self.slots], sum: words[Self.slots], layout: layout)
  }

  mutating func clear() {
    for index in words.indices { words[index] = 0 }
  }
}
