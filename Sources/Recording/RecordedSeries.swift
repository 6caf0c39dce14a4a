package import Exposition

/// A metric family of a recording, which may be of another version of the program.
package struct RecordedFamily: Sendable, Hashable {
  /// As `Family.name` has it, with its prefix and without a suffix.
  package let name: String
  package let type: MetricType
  /// nil: none.
  package let unit: String?
  package let help: String

  package init(name: String, type: MetricType, unit: String? = nil, help: String = "") {
    self.name = name
    self.type = type
    self.unit = unit
    self.help = help
  }
}

/// A series of a recording.
package struct RecordedSeries: Sendable, Hashable {
  package let family: RecordedFamily
  /// As exposed: `name="value",name="value"`, with `\`, `"` and newlines escaped; empty without labels.
  package let labels: [UInt8]
  /// The power of ten that whole numbers are divided by: 9 for nanoseconds told as seconds, 6 for microjoules told as joules.
  package let digits: UInt8
  /// How the slots of a histogram are bounded.
  package let layout: HistogramLayout
  package let scale: SlotScale

  package init(
    family: RecordedFamily, labels: [UInt8], digits: UInt8 = 0,
    layout: HistogramLayout = HistogramLayout(lowest: HistogramLayout.unitExponent, highest: 0),
    scale: SlotScale = SlotScale()
  ) {
    self.family = family
    self.labels = labels
    self.digits = digits
    self.layout = layout
    self.scale = scale
  }

  /// The labels, unescaped, in the order in which they are exposed.
  package var pairs: [(name: String, value: String)] { LabelText.pairs(labels) ?? [] }
}

/// A value of a series at a time.
package enum RecordedValue: Sendable, Hashable {
  /// `value / 10^digits`.
  case scaled(UInt64, digits: UInt8)
  /// `-value / 10^digits`.
  case negative(UInt64, digits: UInt8)
  case real(Double)
  case histogram(RecordedHistogram)

  /// As a floating-point number; a histogram is none.
  package var number: Double {
    switch self {
    case .scaled(let value, let digits): Double(value) / StoredValue.power(digits)
    case .negative(let value, let digits): -Double(value) / StoredValue.power(digits)
    case .real(let value): value
    case .histogram: .nan
    }
  }

  /// As an exact decimal; a histogram has none.
  package var text: [UInt8] {
    var bytes: [UInt8] = []
    switch self {
    case .scaled(let value, let digits): DecimalText.append(value, digits: digits, to: &bytes)
    case .negative(let value, let digits):
      bytes.append(UInt8(ascii: "-"))
      DecimalText.append(value, digits: digits, to: &bytes)
    case .real(let value): DecimalText.append(value, to: &bytes)
    case .histogram: break
    }
    return bytes
  }
}

/// A kernel histogram.
package struct RecordedHistogram: Sendable, Hashable {
  /// Nanoseconds.
  package let sum: UInt64
  /// From the first power of two on, not cumulated, without the last ones that count nothing.
  package let slots: [UInt64]

  package init(sum: UInt64, slots: [UInt64]) {
    self.sum = sum
    self.slots = slots
  }

  package var count: UInt64 { slots.reduce(0, &+) }
}

/// When samples were taken.
package struct RecordedTime: Sendable, Hashable {
  /// CLOCK_REALTIME in milliseconds since the Unix epoch.
  package let milliseconds: Int64
  /// CLOCK_MONOTONIC since the time before, in nanoseconds; 0 at the first.
  package let elapsed: UInt64
  /// How long the machine slept since the time before, in nanoseconds.
  package let suspended: UInt64
  /// By how much the wall clock was set since the time before, in milliseconds.
  package let step: Int64
  /// Collections that were left out before this one, because the machine was too busy.
  package let missed: UInt64

  package init(milliseconds: Int64, elapsed: UInt64, suspended: UInt64 = 0, step: Int64 = 0, missed: UInt64 = 0) {
    self.milliseconds = milliseconds
    self.elapsed = elapsed
    self.suspended = suspended
    self.step = step
    self.missed = missed
  }

  /// What is wrong with the time before it: `suspend`, `clock`, `late`, in that order; empty: nothing.
  package var gaps: [String] {
    (suspended > 0 ? ["suspend"] : []) + (step != 0 ? ["clock"] : []) + (missed > 0 ? ["late"] : [])
  }
}
