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
    for index in words.indices { words[index] = 0 }
    array.addWords(at: offset, to: &words)
    writer.histogram(slots: words[..<Self.slots], sum: words[Self.slots], layout: layout)
  }
}
