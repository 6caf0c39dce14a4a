/// Fills a snapshot: begin a family, then for each sample name its labels and give its value.
///
/// ```
/// writer.begin(Self.cpuSeconds)
/// writer.label("cpu", 3)
/// writer.label("mode", "task")
/// writer.nanoseconds(4_200_000_000)        // wattprobe_cpu_seconds_total{cpu="3",mode="task"} 4.2
/// ```
/// Label names must be the family's own, in the family's order. Nothing is allocated per sample once the snapshot has grown.
package struct SampleWriter: ~Copyable {
  package var snapshot: Snapshot
  private var family = -1
  /// Where the labels of the next sample begin.
  private var pending = 0
  /// Index of the first label of the family that may still come; kept up in debug builds only.
  fileprivate var nextLabel = 0
  /// When the next sample began to count, where that is its own: an index into the snapshot's starts.
  private var ownStart: Int?

  /// Goes on from `snapshot`, after what it holds.
  package init(_ snapshot: consuming Snapshot = Snapshot()) {
    self.pending = snapshot.labels.count
    self.family = snapshot.families.count - 1
    self.snapshot = snapshot
  }

  /// Ends writing and hands the snapshot over.
  package consuming func finish() -> Snapshot { snapshot }

  /// A point to go back to: how far the snapshot had grown.
  package struct Mark: Sendable {
    fileprivate let families: Int
    fileprivate let samples: Int
    fileprivate let labels: Int
    fileprivate let slots: Int
    fileprivate let starts: Int
  }

  package func mark() -> Mark {
    Mark(
      families: snapshot.families.count, samples: snapshot.samples.count, labels: snapshot.labels.count,
      slots: snapshot.slots.count, starts: snapshot.starts.count)
  }

  /// Takes back everything written since `mark`.
  package mutating func rollBack(to mark: Mark) {
    snapshot.families.removeSubrange(mark.families...)
    snapshot.samples.removeSubrange(mark.samples...)
    snapshot.labels.removeSubrange(mark.labels...)
    snapshot.slots.removeSubrange(mark.slots...)
    snapshot.starts.removeSubrange(mark.starts...)
    ownStart = nil
    family = mark.families - 1
    pending = mark.labels
    nextLabel = 0
  }

  /// Begins a family. A family may be begun once in a snapshot.
  package mutating func begin(_ family: Family) {
    assert(!snapshot.families.contains { $0.name == family.name }, "\(family.name) is begun twice")
    self.family = snapshot.families.count
    snapshot.families.append(family)
    // Labels that were given before but never had a value belong to nothing.
    pending = snapshot.labels.count
    nextLabel = 0
    ownStart = nil
  }

  /// A label whose value is text. Bytes from outside are made text so that different bytes stay different.
  package mutating func label(_ name: StaticString, _ value: String) {
    openLabel(name)
    var value = value
    value.withUTF8 { Escaping.append($0, quotes: true, to: &snapshot.labels) }
    snapshot.labels.append(UInt8(ascii: "\""))
  }

  /// A label whose value is a number, such as a CPU or a process id.
  @inlinable
  package mutating func label(_ name: StaticString, _ value: some FixedWidthInteger) {
    label(name, magnitude: UInt64(value.magnitude), isNegative: value < 0)
  }

  /// The same without generics, which across modules cost more than the writing.
  @usableFromInline
  mutating func label(_ name: StaticString, magnitude: UInt64, isNegative: Bool) {
    openLabel(name)
    DecimalText.append(magnitude: magnitude, isNegative: isNegative, to: &snapshot.labels)
    snapshot.labels.append(UInt8(ascii: "\""))
  }

  /// Labels prepared before, as the sample's first ones.
  package mutating func labels(_ prepared: PreparedLabels) {
    assert(
      family >= 0 && nextLabel == 0 && snapshot.families[family].labels.starts(with: prepared.names),
      "\(prepared.names) are not the family's first labels")
    snapshot.labels.append(contentsOf: prepared.bytes)
    nextLabel = prepared.names.count
    started(at: prepared.start)
  }

  /// When the next sample, a counter or a histogram, began to count from 0: CLOCK_MONOTONIC in nanoseconds. Without it, that
  /// is as the collectors were made; nil: so it is here.
  package mutating func started(at monotonic: UInt64?) {
    guard let monotonic, let clock = snapshot.clock else { return }
    started(atMilliseconds: clock.milliseconds(monotonic))
  }

  /// The same, in milliseconds since the Unix epoch; nil: nobody knows.
  package mutating func started(atMilliseconds unix: UInt64?) {
    guard snapshot.clock != nil else { return }
    guard let unix else { return ownStart = -1 }
    // most often it is that of the sample before
    if snapshot.starts.last != unix { snapshot.starts.append(unix) }
    ownStart = snapshot.starts.count - 1
  }

  /// A number as it is; an info's is 1 whatever is given.
  package mutating func integer(_ value: Int64) { add(.integer(value)) }
  package mutating func unsigned(_ value: UInt64) { add(.unsigned(value)) }
  package mutating func double(_ value: Double) { add(.double(value)) }
  /// A count of nanoseconds, written as seconds.
  package mutating func nanoseconds(_ value: UInt64) { add(.decimal(value, digits: 9)) }
  /// A count of microjoules, written as joules (or microwatts as watts).
  package mutating func micro(_ value: UInt64) { add(.decimal(value, digits: 6)) }

  /// A kernel histogram: `slots` as in `HistogramLayout` or, where `scale` says so, finer ones, not cumulated, and the sum of
  /// the values in nanoseconds.
  package mutating func histogram(
    slots: some Collection<UInt64>, sum: UInt64, layout: HistogramLayout, scale: SlotScale = SlotScale()
  ) {
    let first = snapshot.slots.count
    let isCopied: Void? = slots.withContiguousStorageIfAvailable { snapshot.slots.append(contentsOf: $0) }
    if isCopied == nil { snapshot.slots.append(contentsOf: slots) }
    add(.histogram(.init(slots: first..<snapshot.slots.count, sum: sum, layout: layout, scale: scale)))
  }

  private mutating func add(_ value: Snapshot.Value) {
    assert(family >= 0, "a sample needs a family")
    assert(value.fits(snapshot.families[family].type), "\(snapshot.families[family].name) cannot hold \(value)")
    if ownStart == nil, let clock = snapshot.clock { started(atMilliseconds: clock.began) }
    snapshot.samples.append(
      .init(family: family, start: ownStart ?? -1, labels: pending..<snapshot.labels.count, value: value))
    ownStart = nil
    pending = snapshot.labels.count
    nextLabel = 0
  }

  /// Whether `name` is one of the family's labels and comes after those already given; remembers its place.
  private mutating func takes(_ name: StaticString) -> Bool {
    guard family >= 0 else { return false }
    let labels = snapshot.families[family].labels
    guard let place = labels[nextLabel...].firstIndex(of: name.description) else { return false }
    nextLabel = place + 1
    return true
  }

  private mutating func openLabel(_ name: StaticString) {
    assert(takes(name), "\(name) is no label of the family, or not in its order")
    if snapshot.labels.count > pending { snapshot.labels.append(UInt8(ascii: ",")) }
    name.withUTF8Buffer { snapshot.labels.append(contentsOf: $0) }
    snapshot.labels.append(UInt8(ascii: "="))
    snapshot.labels.append(UInt8(ascii: "\""))
  }
}

/// Labels that many samples share, escaped once.
package struct PreparedLabels: Sendable {
  fileprivate let bytes: [UInt8]
  /// In debug builds only.
  fileprivate let names: [String]
  /// When the series began to count, on CLOCK_MONOTONIC in nanoseconds; nil: with the collectors.
  fileprivate private(set) var start: UInt64?

  /// What `body` gives as labels of a sample of `family`.
  package init(_ family: Family, _ body: (inout SampleWriter) -> Void) {
    var writer = SampleWriter()
    writer.begin(family)
    body(&writer)
    names = Array(family.labels.prefix(writer.nextLabel))
    bytes = writer.finish().labels
  }

  /// The same of series that began to count from 0 at `monotonic`, nil: with the collectors.
  package func starting(at monotonic: UInt64?) -> PreparedLabels {
    var labels = self
    labels.start = monotonic
    return labels
  }
}
