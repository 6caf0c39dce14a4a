internal import Exposition
package import Recording

/// Turns a recording, collection by collection, into figures. Memory grows with the number of series, not with time.
package struct Analysis {
  /// Of a plot, from left to right.
  private static let mostBins = 160

  private enum Role {
    case counter(Int)
    case histogram(Int)
  }

  private struct Tracked {
    let role: Role?
    /// Before it ended, too: what comes back and has not fallen goes on.
    var last: RecordedValue?
  }

  struct Counter {
    /// The values of the labels that its family is summed by.
    let group: [String]
    var total = Exact.zero
    var bins: [Double]
  }

  struct Histogram {
    let group: [String]
    var slots = [UInt64](repeating: 0, count: Analysis.slots)
    /// Nanoseconds, or billionths of what else the values are.
    var sum = 0.0
    var bins: [[UInt64]]
  }

  static let slots = HistogramLayout.greatestExponent - HistogramLayout.unitExponent + 1

  private let name: String
  private let about: [String: String]
  private let count: Int
  let binCount: Int
  private var tracked: [Int64: Tracked] = [:]
  private var places: [String: [[String]: Int]] = [:]
  var counters: [String: [Counter]] = [:]
  var histograms: [String: [Histogram]] = [:]
  var invariance: String?
  var seen: Set<String> = []

  private var index = -1
  private var isGap = false
  private var began: Int64 = 0
  private var ended: Int64 = 0
  private var elapsed: UInt64 = 0
  private var gaps: [Figures.Gap] = []
  /// Seconds since the first collection, sleep included.
  private var offset = 0.0
  private var edges: [(start: Double, end: Double, seconds: Double)?]

  /// - Parameters:
  ///   - name: of the recording, for people.
  ///   - collections: how many will come.
  package init(name: String, about: [String: String], collections: Int) {
    self.name = name
    self.about = about
    count = collections
    binCount = max(1, min(collections - 1, Self.mostBins))
    edges = Array(repeating: nil, count: binCount)
  }

  /// The bin of what happened up to the present collection.
  private var bin: Int { min(binCount - 1, max(0, index - 1) * binCount / max(1, count - 1)) }

  /// A collection begins.
  package mutating func begin(_ time: RecordedTime) {
    index += 1
    if index == 0 { began = time.milliseconds }
    ended = time.milliseconds
    // a wall clock that is set makes no difference to what was counted when
    isGap = index > 0 && (time.suspended > 0 || time.missed > 0)
    guard index > 0 else { return }
    let start = offset
    offset += Double(time.elapsed) / 1e9 + Double(time.suspended) / 1e9
    elapsed = elapsed.addingReportingOverflow(time.elapsed).partialValue
    let seconds = isGap ? 0 : Double(time.elapsed) / 1e9
    let edge = edges[bin] ?? (start, start, 0)
    edges[bin] = (edge.start, offset, edge.seconds + seconds)
    for kind in time.gaps {
      gaps.append(Figures.Gap(kind: kind, start: start, end: offset, detail: Self.detail(kind, time)))
    }
  }

  private static func detail(_ kind: String, _ time: RecordedTime) -> String {
    switch kind {
    case "suspend": "the machine slept for \(NumberText.duration(Double(time.suspended) / 1e9))"
    case "clock":
      "the clock was set \(time.step < 0 ? "back" : "ahead") by \(NumberText.duration(Double(time.step.magnitude) / 1000))"
    default:
      "\(time.missed) \(time.missed == 1 ? "collection was" : "collections were") left out, as the machine was too busy"
    }
  }

  /// A series has a new value in the collection that has begun; nil: it has ended.
  package mutating func change(_ id: Int64, _ series: RecordedSeries, _ value: RecordedValue?) {
    var own = tracked[id] ?? Tracked(role: role(of: series))
    defer { tracked[id] = own }
    guard let role = own.role, let value else { return }
    // what is there from the first collection on had begun before
    let last = own.last ?? (index == 0 ? value : nil)
    own.last = value
    switch (role, value) {
    case (.counter(let place), .scaled(let number, let digits)):
      var rise = number
      // one that fell has begun anew
      if case .scaled(let before, digits)? = last, before <= number { rise = number - before }
      add(Exact(Int64(clamping: rise), digits: digits), to: place, series)
    case (.histogram(let place), .histogram(let histogram)):
      var before: RecordedHistogram?
      if case .histogram(let old)? = last { before = old }
      add(histogram, since: before, to: place, series)
    default: break
    }
  }

  private static func family(_ series: RecordedSeries) -> String {
    String(decoding: series.family.name.utf8.dropFirst(Measures.prefix.utf8.count), as: UTF8.self)
  }

  /// What becomes of a series; nil: nothing.
  private mutating func role(of series: RecordedSeries) -> Role? {
    guard series.family.name.utf8.starts(with: Measures.prefix.utf8) else { return nil }
    let family = Self.family(series)
    seen.insert(family)
    let labels = Dictionary(series.pairs.map { ($0.name, $0.value) }) { first, _ in first }
    if family == "load_tracking" { invariance = labels["invariance"] }
    switch series.family.type {
    case .counter:
      guard let sum = Measures.counters[family], !sum.excludes(labels) else { return nil }
      let group = sum.labels.map { labels[$0] ?? "" }
      return .counter(
        place(of: group, in: family, next: counters[family]?.count ?? 0) {
          $0.counters[family, default: []].append(
            Counter(group: group, bins: sum.isBinned ? Array(repeating: 0, count: $0.binCount) : []))
        })
    case .histogram:
      guard let sum = Measures.histograms[family] else { return nil }
      let group = sum.labels.map { labels[$0] ?? "" }
      return .histogram(
        place(of: group, in: family, next: histograms[family]?.count ?? 0) {
          let empty = [UInt64](repeating: 0, count: Self.slots)
          $0.histograms[family, default: []].append(
            Histogram(group: group, bins: sum.isBinned ? Array(repeating: empty, count: $0.binCount) : []))
        })
    case .gauge, .info, .unknown: return nil
    }
  }

  private mutating func place(
    of group: [String], in family: String, next: Int, _ make: (inout Analysis) -> Void
  ) -> Int {
    if let place = places[family]?[group] { return place }
    places[family, default: [:]][group] = next
    make(&self)
    return next
  }

  private mutating func add(_ rise: Exact, to place: Int, _ series: RecordedSeries) {
    let bin = bin
    let isCounted = !isGap
    counters[Self.family(series)]?[place].add(rise, isCounted ? bin : nil)
  }

  private mutating func add(
    _ histogram: RecordedHistogram, since before: RecordedHistogram?, to place: Int, _ series: RecordedSeries
  ) {
    var old = before?.slots ?? []
    if old.count > histogram.slots.count || zip(old, histogram.slots).contains(where: { $0 > $1 }) { old = [] }
    let isAnew = old.isEmpty
    let shift = series.scale.schema
    let bin = isGap ? nil : bin as Int?
    let sum = Double(isAnew ? histogram.sum : histogram.sum &- (before?.sum ?? 0))
    histograms[Self.family(series)]?[place].add(sum)
    for (slot, count) in histogram.slots.enumerated() {
      let rise = count - (slot < old.count ? old[slot] : 0)
      guard rise > 0 else { continue }
      histograms[Self.family(series)]?[place].add(rise, slot >> Int(shift), bin)
    }
  }

  /// All that has come.
  package consuming func finish() -> Figures {
    var bins: [Figures.Bin] = []
    var last = 0.0
    for edge in edges {
      let edge = edge ?? (last, last, 0)
      bins.append(Figures.Bin(start: edge.start, end: edge.end, seconds: edge.seconds))
      last = edge.end
    }
    return Figures(
      name: name, about: about, began: began, ended: ended, elapsed: elapsed, collections: index + 1, gaps: gaps,
      bins: bins, zones: zones(bins), divided: divided(bins), divisions: divisions, processes: processes,
      charts: charts(bins), latencies: latencies, load: load(bins),
      missing: Measures.collectors.filter { !seen.contains($0.family) })
  }
}

extension Measures.Sum {
  fileprivate func excludes(_ labels: [String: String]) -> Bool {
    excluded.map { labels[$0.label] == $0.value } ?? false
  }
}

extension Analysis.Counter {
  /// - Parameter bin: nil: when it was is not known.
  fileprivate mutating func add(_ rise: Exact, _ bin: Int?) {
    total = total + rise
    if let bin, bins.indices.contains(bin) { bins[bin] += rise.number }
  }
}

extension Analysis.Histogram {
  fileprivate mutating func add(_ rise: Double) { sum += rise }

  fileprivate mutating func add(_ count: UInt64, _ slot: Int, _ bin: Int?) {
    let slot = min(slot, slots.count - 1)
    slots[slot] &+= count
    if let bin, bins.indices.contains(bin) { bins[bin][slot] &+= count }
  }
}
