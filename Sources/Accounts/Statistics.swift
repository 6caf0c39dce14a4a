/// Mean and spread of what several runs came to.
package struct Statistics: Sendable, Hashable {
  package let count: Int
  package let mean: Double
  /// Of the sample: the square root of the squared differences' sum over n - 1; 0 of one.
  package let deviation: Double
  package let lowest: Double
  package let highest: Double

  package init(_ values: [Double]) {
    count = values.count
    let mean = values.isEmpty ? 0 : values.reduce(0, +) / Double(values.count)
    self.mean = mean
    let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
    deviation = values.count > 1 ? (squares / Double(values.count - 1)).squareRoot() : 0
    lowest = values.min() ?? 0
    highest = values.max() ?? 0
  }

  /// The standard error of the mean, as a part of the mean: what perf stat shows behind +-.
  package var relativeError: Double {
    mean == 0 ? 0 : deviation / Double(max(1, count)).squareRoot() / abs(mean)
  }
}
