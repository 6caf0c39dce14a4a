internal import Glibc

/// How well the scheduler's load tracking told what tasks ran.
package struct LoadTracking: Sendable {
  /// A class of tasks as a signal saw it.
  package struct Estimate: Sendable {
    package let taskClass: String
    package let signal: String
    package let estimated: Exact
    package let actual: Exact
    /// Relative errors of windows, those above and those below the truth.
    package let over: Distribution
    package let under: Distribution
    /// The error of each part of the recording that had any such task: they show how much chance is in it.
    package let parts: [Double]

    /// Of all run time, by how much the signal was above it; nil: there was none.
    package var error: Double? { actual.value > 0 ? (estimated.number - actual.number) / actual.number : nil }
    package var windows: UInt64 { over.count &+ under.count }

    /// The standard error of `error`, from how its parts differ; nil: too few of them.
    package var standardError: Double? {
      guard parts.count > 2 else { return nil }
      let mean = parts.reduce(0, +) / Double(parts.count)
      let squares = parts.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
      return (squares / Double(parts.count - 1) / Double(parts.count)).squareRoot()
    }

    /// The error that `share` of the windows do not exceed, those below the truth being negative.
    package func quantile(_ share: Double) -> Double? {
      func ranges(_ distribution: Distribution) -> [(lower: Double, upper: Double, count: UInt64)] {
        distribution.slots.enumerated().map { slot, count in
          (slot == 0 ? 0 : Distribution.bound(slot - 1), Distribution.bound(slot), count)
        }
      }
      // nobody can be estimated below nothing
      let below = ranges(under).reversed().map { (-min(1, $0.upper), -min(1, $0.lower), $0.count) }
      return Distribution.quantile(share, of: below + ranges(over))
    }
  }

  /// Steps of load of a class, up or down.
  package struct Steps: Sendable {
    package let taskClass: String
    package let step: String
    /// Seconds until the signal was there, of those steps where it came there.
    package let convergence: Distribution
    /// Those where it did not.
    package let unconverged: Exact

    package var count: UInt64 { convergence.count &+ UInt64(clamping: unconverged.value) }

    /// Which share of all steps the signal had not followed after `2^exponent` s; nil: there was none.
    package func behind(after exponent: Int) -> Double? {
      count == 0 ? nil : 1 - Double(convergence.count(upTo: exponent)) / Double(count)
    }
  }

  package static let classes = ["io_bound", "cpu_bound", "bursty", "interactive"]
  package static let signals = ["util_avg", "util_est"]
  /// Time in which PELT forgets half, in seconds.
  package static let halfLife = 0.032
  /// Fewer observations than this say little.
  package static let enough: UInt64 = 30
  /// Parts that a recording is divided into to see how much chance is in its figures.
  static let parts = 10

  package let estimates: [Estimate]
  package let steps: [Steps]
  /// Whether signals are scaled by frequency or capacity: `none`, …; nil: it was not said.
  package let invariance: String?

  package func estimate(_ taskClass: String, _ signal: String) -> Estimate? {
    estimates.first { $0.taskClass == taskClass && $0.signal == signal }
  }

  package func steps(_ taskClass: String, _ step: String) -> Steps? {
    steps.first { $0.taskClass == taskClass && $0.step == step }
  }

  /// Which share of a step the signal has still to go after `seconds`, by its half-life.
  package static func remaining(after seconds: Double) -> Double { exp2(-seconds / halfLife) }
}
