/// The buckets of a native histogram, kept from one to the next for its memory.
struct NativeBuckets: ~Copyable {
  /// How many values are at most the zero threshold.
  private(set) var zeroCount: UInt64 = 0
  /// Runs of buckets: the first begins at index `offset`, each other so many buckets behind the end of the one before.
  private(set) var spans: [(offset: Int, length: Int)] = []
  /// How many values there are in each bucket of the spans, one after the other.
  private(set) var counts: [UInt64] = []

  /// Takes over a histogram. Up to two empty buckets between others are kept: they cost no more than another span.
  mutating func fill(from slots: ArraySlice<UInt64>, _ scale: SlotScale) {
    let zeros = slots.prefix(scale.zeroSlots)
    zeroCount = zeros.reduce(0, &+)
    counts.removeAll(keepingCapacity: true)
    spans.removeAll(keepingCapacity: true)
    var end = 0
    for (index, count) in zip(scale.index(of: zeros.count)..., slots[zeros.endIndex...]) where count > 0 {
      let empty = index - end
      if spans.isEmpty || empty > 2 {
        spans.append((empty, 1))
      } else {
        for _ in 0..<empty { counts.append(0) }
        spans[spans.count - 1].length += empty + 1
      }
      counts.append(count)
      end = index + 1
    }
  }
}
