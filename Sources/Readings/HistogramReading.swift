/// A histogram as its classic buckets tell it.
package struct HistogramReading: Sendable, Hashable {
  /// Upper bounds, ascending, the last one infinite, and how many values are at most that.
  package struct Bucket: Sendable, Hashable {
    package let bound: Double
    package let count: UInt64

    package init(bound: Double, count: UInt64) {
      self.bound = bound
      self.count = count
    }
  }

  package let buckets: [Bucket]
  package let sum: Number

  package init(buckets: [Bucket], sum: Number) {
    self.buckets = buckets
    self.sum = sum
  }

  package var count: UInt64 { buckets.last?.count ?? 0 }

  /// Nil where there are no values.
  package var mean: Double? { count == 0 ? nil : sum.double / Double(count) }

  /// The value that a part `q` of all values does not exceed, as `histogram_quantile` of Prometheus has it: linear within a
  /// bucket, the highest finite bound beyond it. Nil where there are no values.
  package func quantile(_ q: Double) -> Double? {
    guard count > 0, buckets.count > 1 else { return nil }
    let rank = q * Double(count)
    guard let index = buckets.firstIndex(where: { Double($0.count) >= rank }) else { return nil }
    let bucket = buckets[index]
    guard bucket.bound.isFinite else { return buckets[buckets.count - 2].bound }
    let (start, before) = index == 0 ? (0, 0) : (buckets[index - 1].bound, buckets[index - 1].count)
    guard bucket.count > before else { return bucket.bound }
    return start + (bucket.bound - start) * (rank - Double(before)) / Double(bucket.count - before)
  }

  /// What came since `earlier`; all of it where the histogram began anew, or has other bounds.
  package func increase(since earlier: HistogramReading) -> HistogramReading {
    let isSame =
      buckets.count == earlier.buckets.count
      && zip(buckets, earlier.buckets).allSatisfy { $0.bound == $1.bound && $0.count >= $1.count }
    guard isSame, !(sum < earlier.sum) else { return self }
    // what is between two bounds may have grown less than what is below the lower one: counted while it was read
    var least: UInt64 = 0
    let grown = zip(buckets, earlier.buckets).map { now, before in
      least = max(least, now.count - before.count)
      return Bucket(bound: now.bound, count: least)
    }
    return HistogramReading(buckets: grown, sum: sum - earlier.sum)
  }

  /// Values of both; nil where their bounds differ.
  package func adding(_ other: HistogramReading) -> HistogramReading? {
    guard buckets.map(\.bound) == other.buckets.map(\.bound) else { return nil }
    return HistogramReading(
      buckets: zip(buckets, other.buckets).map { Bucket(bound: $0.bound, count: $0.count &+ $1.count) },
      sum: sum + other.sum)
  }
}
