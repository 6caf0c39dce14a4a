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

  /// Writes the sum of those of `elements`.
  mutating func write(
    _ array: borrowing MappedArray<HistogramSlots>, elements: some Sequence<Int>, layout: HistogramLayout,
    to writer: inout SampleWriter
  ) {
    clear()
    for element in elements { array.addWords(of: element, at: 0, to: &words) }
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

  private mutating func clear() {
    for index in words.indices { words[index] = 0 }
  }
}
