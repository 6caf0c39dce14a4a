/// Samples of one collection, free of any format: encoders turn them into text as often as they are asked.
///
/// Labels lie in one byte arena, already escaped (both text formats escape them alike): `name="value",name="value"`.
package struct Snapshot: Sendable {
  /// A sample's number, kept exact until it is written.
  package enum Value: Sendable, Hashable {
    case integer(Int64)
    case unsigned(UInt64)
    case double(Double)
    /// `value / 10^digits`, written as an exact decimal: nanoseconds as seconds with 9, microjoules as joules with 6.
    case decimal(UInt64, digits: UInt8)
    case histogram(Histogram)
  }

  /// A kernel histogram.
  package struct Histogram: Sendable, Hashable {
    /// Range in `slots`: from the first power of two on, not cumulated.
    package let slots: Range<Int>
    /// Nanoseconds.
    package let sum: UInt64
    package let layout: HistogramLayout
    package let scale: SlotScale

    package init(slots: Range<Int>, sum: UInt64, layout: HistogramLayout, scale: SlotScale = SlotScale()) {
      self.slots = slots
      self.sum = sum
      self.layout = layout
      self.scale = scale
    }
  }

  package struct Sample: Sendable {
    // 32 bits each: as large together as one index
    private let familyIndex: UInt32
    private let startIndex: UInt32
    /// Range in `labels`, empty for a sample without labels.
    package let labels: Range<Int>
    package let value: Value

    init(family: Int, start: Int, labels: Range<Int>, value: Value) {
      familyIndex = UInt32(truncatingIfNeeded: family)
      startIndex = UInt32(truncatingIfNeeded: start)
      self.labels = labels
      self.value = value
    }

    /// Index into `families`.
    package var family: Int { Int(familyIndex) }
    /// Index into `starts`: when it began to count from 0, if that is a counter or a histogram; -1 where that is not known.
    var start: Int { startIndex == .max ? -1 : Int(startIndex) }
  }

  /// In the order in which they were begun; the samples of a family lie together.
  package internal(set) var families: [Family] = []
  package internal(set) var samples: [Sample] = []
  package internal(set) var labels: [UInt8] = []
  package internal(set) var slots: [UInt64] = []
  /// Milliseconds since the Unix epoch.
  var starts: [UInt64] = []
  /// Nil where nobody asked when series began.
  let clock: SeriesClock?

  /// How much memory a snapshot holds, in elements.
  package struct Size: Sendable, Hashable {
    var families = 0
    var samples = 0
    var labels = 0
    var slots = 0
    var starts = 0

    package init() {}
  }

  package var size: Size {
    var size = Size()
    size.families = families.count
    size.samples = samples.count
    size.labels = labels.count
    size.slots = slots.count
    size.starts = starts.count
    return size
  }

  /// - Parameters:
  ///   - size: how much there is to be room for.
  ///   - clock: when series begin that do not say when they did; nil: no series tells when it began.
  package init(reserving size: Size = Size(), clock: SeriesClock? = nil) {
    self.clock = clock
    families.reserveCapacity(size.families)
    samples.reserveCapacity(size.samples)
    labels.reserveCapacity(size.labels)
    slots.reserveCapacity(size.slots)
    starts.reserveCapacity(size.starts)
  }
}
