import Energy
import Collecting
import Exposition
import Foundation
import Host
import Logging
import Machine
import Testing

@testable import Collectors

/// Tests that put programs into the running kernel and load the machine: one at a time.
@Suite(.serialized, .enabled(if: geteuid() == 0, "eBPF programs need root"), Replay())
struct KernelTests {}

/// Collectors on the running kernel, made and read in the order that a set has. They do not see the machine's own sensors.
final class LiveCollectors {
  let context: CollectorContext
  private let collectors: [any Collector]

  init(
    _ names: Set<String>, form: SchedulerPrograms.Form? = nil, _ change: (inout CollectorOptions) -> Void = { _ in }
  ) throws {
    var options = CollectorOptions()
    options.paths = HostPaths(sysfs: GuestSysfs.path)
    options.energy.nvmlLibrary = nil
    options.enabled = names
    options.scheduler.form = form
    change(&options)
    let context = CollectorContext(options: options, logger: Logger(label: "tests"))
    self.context = context
    var collectors = try startOrder(of: Registry.collectors).filter { names.contains($0.name) }.map {
      try $0.make(context)
    }
    // the program's own families
    if names.contains("wattprobe") {
      let build = BuildInformation(version: "1", revision: "tests")
      collectors.append(ProgramCollector(context, build: build, statistics: nil))
    }
    self.collectors = collectors
  }

  /// Everything as it is now: what is sampled between scrapes is sampled first.
  func read() throws -> Reading { try read(sampling: true) }

  /// What is shown now: as a scrape finds it, without sampling.
  func scrape() throws -> Reading { try read(sampling: false) }

  private func read(sampling: Bool) throws -> Reading {
    var writer = SampleWriter()
    for collector in collectors {
      if sampling { (collector as? any PeriodicCollector)?.sample(now: MonotonicClock.now) }
      try collector.collect(into: &writer)
    }
    return Reading(writer.finish())
  }

  /// Reads until `isEnough`, six seconds at most: what is not there then, the test's own expectations find.
  func wait(until isEnough: (Reading) -> Bool) throws {
    for _ in 0..<50 where !isEnough(try read()) { pause(seconds: 0.12) }
  }

  /// Does what is done between scrapes, as if it were `now`.
  func sample(now: UInt64) {
    for collector in collectors { (collector as? any PeriodicCollector)?.sample(now: now) }
  }

  /// All that a scrape would have now.
  func snapshot() throws -> Snapshot {
    var writer = SampleWriter()
    for collector in collectors { try collector.collect(into: &writer) }
    return writer.finish()
  }

  /// The counters as they are shown now, by family and labels, in the units they are counted in.
  func counters() throws -> [String: UInt64] {
    let snapshot = try snapshot()
    var counters: [String: UInt64] = [:]
    for sample in snapshot.samples where snapshot.families[sample.family].type == .counter {
      let series =
        snapshot.families[sample.family].name + " " + String(decoding: snapshot.labels[sample.labels], as: UTF8.self)
      let value: UInt64
      switch sample.value {
      case .unsigned(let number), .decimal(let number, _): value = number
      default: continue
      }
      #expect(counters.updateValue(value, forKey: series) == nil, "\(series) twice")
    }
    return counters
  }

  /// The programs of one kind.
  func programs<Programs>(_: Programs.Type) throws -> Programs {
    try #require(context.kernel.loaded.compactMap { $0 as? Programs }.first)
  }

  /// A reading between two looks at figures that the kernel keeps itself.
  func read<Figures>(beside figures: () throws -> Figures) throws -> Moment<Figures> {
    let before = try figures()
    let reading = try read()
    return Moment(before: before, reading: reading, after: try figures())
  }
}

/// What collectors showed at one moment.
struct Reading {
  struct Histogram {
    /// Powers of two.
    var slots: [UInt64] = Array(repeating: 0, count: 48)
    /// Eighths of them; all 0 where the kernel does not tell these apart.
    var eighths: [UInt64] = Array(repeating: 0, count: 48 * 8)
    var sum: UInt64 = 0
    var count: UInt64 { slots.reduce(0, +) }
  }

  private struct Sample {
    let family: String
    let labels: [String: String]
    let value: Snapshot.Value
  }

  private var samples: [Sample] = []
  private let slots: [UInt64]

  init(_ snapshot: Snapshot) {
    slots = snapshot.slots
    for sample in snapshot.samples {
      // no label of these collectors has a comma or an escaped quote in its value but perhaps a process' name
      let text = String(decoding: snapshot.labels[sample.labels], as: UTF8.self)
      var labels: [String: String] = [:]
      for pair in text.split(separator: "\",") {
        let parts = pair.split(separator: "=\"", maxSplits: 1, omittingEmptySubsequences: false)
        labels[String(parts[0])] =
          parts.count < 2 ? "" : String(parts[1].hasSuffix("\"") ? parts[1].dropLast() : parts[1])
      }
      samples.append(
        Sample(
          family: snapshot.families[sample.family].name.replacingOccurrences(of: "wattprobe_", with: ""),
          labels: labels, value: sample.value))
    }
  }

  private func matching(_ family: String, _ labels: [String: String]) -> [Sample] {
    samples.filter { sample in sample.family == family && labels.allSatisfy { sample.labels[$0.key] == $0.value } }
  }

  /// Series of all families; a histogram has one for each bound, and its sum and count.
  var series: Int {
    samples.reduce(0) { sum, sample in
      guard case .histogram(let histogram) = sample.value else { return sum + 1 }
      let layout = histogram.layout
      return sum + layout.highest - layout.lowest + 1 + 3
    }
  }

  /// How many samples of `family` carry `labels`.
  func series(_ family: String, _ labels: [String: String] = [:]) -> Int { matching(family, labels).count }

  /// The sum of a family's counters that carry `labels`; seconds are nanoseconds.
  func sum(_ family: String, _ labels: [String: String] = [:]) -> UInt64 {
    matching(family, labels).reduce(0) { sum, sample in
      switch sample.value {
      case .unsigned(let value), .decimal(let value, _): sum + value
      default: preconditionFailure("\(family) is no counter")
      }
    }
  }

  /// The sum of a family's whole-numbered gauges that carry `labels`.
  func gauge(_ family: String, _ labels: [String: String] = [:]) -> Int64 {
    matching(family, labels).reduce(0) { sum, sample in
      switch sample.value {
      case .integer(let value): sum + value
      case .unsigned(let value): sum + Int64(value)
      default: preconditionFailure("\(family) is no whole number")
      }
    }
  }

  func histogram(_ family: String, _ labels: [String: String] = [:]) -> Histogram {
    matching(family, labels).reduce(into: Histogram()) { result, sample in
      guard case .histogram(let histogram) = sample.value else { return }
      let schema = histogram.scale.schema
      for (slot, count) in slots[histogram.slots].enumerated() {
        result.slots[slot >> schema] += count
        if schema == 3 { result.eighths[slot] += count }
      }
      result.sum += histogram.sum
    }
  }
}

extension Reading.Histogram {
  static func - (left: Self, right: Self) -> Self {
    var result = left
    for slot in result.slots.indices { result.slots[slot] -= right.slots[slot] }
    for slot in result.eighths.indices { result.eighths[slot] -= right.eighths[slot] }
    result.sum -= right.sum
    return result
  }
}

/// A reading and what the kernel's own figures were just before and after it.
struct Moment<Figures> {
  let before: Figures
  let reading: Reading
  let after: Figures
}

/// What happened between two moments.
struct Change<Figures> {
  let from: Moment<Figures>
  let to: Moment<Figures>

  func sum(_ family: String, _ labels: [String: String] = [:]) -> UInt64 {
    to.reading.sum(family, labels) - from.reading.sum(family, labels)
  }

  func histogram(_ family: String, _ labels: [String: String] = [:]) -> Reading.Histogram {
    to.reading.histogram(family, labels) - from.reading.histogram(family, labels)
  }

  /// What the kernel's own figure grew by between the readings: not less than, not more than.
  func kernel(_ figure: (Figures) -> UInt64) -> ClosedRange<UInt64> {
    let least = figure(to.before).subtracting(figure(from.after))
    return least...max(least, figure(to.after).subtracting(figure(from.before)))
  }
}

/// Says how `value` lies outside `range`, widened by `tolerance` of its bounds and by `slack`; nil where it does not.
///
/// With WATTPROBE_SHOW_FIGURES in the environment every comparison is printed.
func disagreement(
  _ what: String, _ value: UInt64, _ range: ClosedRange<UInt64>, within tolerance: Double, slack: UInt64 = 0
) -> String? {
  let lowest = Double(range.lowerBound) * (1 - tolerance) - Double(slack)
  let highest = Double(range.upperBound) * (1 + tolerance) + Double(slack)
  let middle = (Double(range.lowerBound) + Double(range.upperBound)) / 2
  let deviation = middle == 0 ? 0 : (Double(value) / middle - 1) * 100
  let text = "\(what): \(value), the kernel says \(range), \(String(format: "%+.3f", deviation)) %"
  if ProcessInfo.processInfo.environment["WATTPROBE_SHOW_FIGURES"] != nil { print(text) }
  return Double(value) >= lowest && Double(value) <= highest ? nil : text
}

/// Expects `value` in `range`, widened by `tolerance` of its bounds and by `slack`.
func expectAgreement(
  _ what: String, _ value: UInt64, _ range: ClosedRange<UInt64>, within tolerance: Double, slack: UInt64 = 0,
  sourceLocation: SourceLocation = #_sourceLocation
) {
  let problem = disagreement(what, value, range, within: tolerance, slack: slack)
  #expect(problem == nil, sourceLocation: sourceLocation)
}

/// Expects that `scene` says of no disagreement, if need be in another of several tries: where others attach or detach
/// programs at the same tracepoint, the kernel passes by those that stay for a moment.
func expectAgreementUndisturbed(
  tries: Int = 12, sourceLocation: SourceLocation = #_sourceLocation, _ scene: () throws -> [String?]
) throws {
  var problems: [String] = []
  for _ in 0..<tries {
    problems = try scene().compactMap { $0 }
    if problems.isEmpty { break }
  }
  #expect(problems.isEmpty, sourceLocation: sourceLocation)
}

extension ClosedRange<UInt64> {
  init(about value: UInt64) { self = value...value }
}

func systemStatistics() throws -> SystemStatistics { try SystemStatistics(paths: HostPaths()) }

/// Lets time pass: for what the kernel does a little later, or for a load to go on.
func pause(seconds: Double) { usleep(useconds_t(seconds * 1e6)) }
