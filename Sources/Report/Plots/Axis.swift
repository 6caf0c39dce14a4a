internal import Glibc

/// Where marks go on an axis, and what is written at them.
struct Axis {
  struct Mark {
    let value: Double
    let text: String
  }

  let lowest: Double
  let highest: Double
  let marks: [Mark]

  /// From 0 to a round number that is not below `greatest`.
  static func values(upTo greatest: Double) -> Axis {
    let greatest = greatest > 0 && greatest.isFinite ? greatest : 1
    let step = roundStep(greatest / 4)
    let count = max(1, (greatest / step - 1e-9).rounded(.up))
    return Axis(
      lowest: 0, highest: step * count,
      marks: stride(from: 0, through: count, by: 1).map { Mark(value: $0 * step, text: NumberText.short($0 * step)) })
  }

  /// 1, 2, 2.5 or 5 times a power of ten.
  private static func roundStep(_ least: Double) -> Double {
    let power = pow(10, floor(log10(max(least, 1e-12))))
    return ([1, 2, 2.5, 5, 10].first { $0 * power >= least * (1 - 1e-9) } ?? 10) * power
  }

  /// Steps of time that people count in, in seconds.
  private static let timeSteps: [Double] = [
    0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, 86_400,
    172_800,
    604_800,
  ]

  /// Seconds since the beginning.
  static func time(upTo end: Double) -> Axis {
    let end = end > 0 && end.isFinite ? end : 1
    let step = timeSteps.first { end / $0 <= 8 } ?? (end / 8)
    let count = floor(end / step + 1e-9)
    return Axis(
      lowest: 0, highest: end,
      marks: stride(from: 0, through: count, by: 1).map {
        Mark(value: $0 * step, text: $0 == 0 ? "0" : NumberText.duration($0 * step))
      })
  }

  /// Powers of ten among the bounds of slots; the value is the exponent of two.
  static func slots(_ slots: ClosedRange<Int>) -> Axis {
    let (lowest, highest) = (Double(slots.lowerBound - 1), Double(slots.upperBound))
    let zero = Distribution.bound(0)
    let marks = (-9...4).map { pow(10, Double($0)) }.map {
      Mark(value: log2($0 / zero), text: $0 < 100 ? NumberText.duration($0) : NumberText.short($0) + " s")
    }
    return Axis(lowest: lowest, highest: highest, marks: marks.filter { $0.value >= lowest && $0.value <= highest })
  }

  /// The place of a value between `start`, where the lowest is, and `end`.
  func place(_ value: Double, from start: Double, to end: Double) -> Double {
    highest > lowest ? start + (end - start) * (value - lowest) / (highest - lowest) : start
  }
}
