import Exposition
import Synchronization
import Testing

@testable import Collecting

/// Collectors that do as they are told, a clock that stands still, and what a set told of them.
final class Scene: Sendable {
  /// `name 1` in each scrape. One with an interval is sampled too.
  final class Fake: Sendable {
    let name: String
    let start: StaticReason?
    let interval: UInt64?
    let after: [String]
    let isIndependent: Bool
    /// Called as it is made.
    let making = Mutex<(@Sendable () -> Void)?>(nil)
    let failing = Mutex<StaticReason?>(nil)
    let unavailable = Mutex<StaticReason?>(nil)
    let collections = Mutex(0)
    let samples = Mutex<[UInt64]>([])
    /// Called while it collects, and while it is sampled.
    let meanwhile = Mutex<(@Sendable () -> Void)?>(nil)
    /// How far the clock goes on while it collects.
    let duration = Mutex<UInt64>(0)

    init(
      _ name: String, start: StaticReason? = nil, interval: UInt64? = nil, after: [String] = [],
      isIndependent: Bool = false
    ) {
      self.name = name
      self.isIndependent = isIndependent
      self.after = after
      self.start = start
      self.interval = interval
    }

    var takes: UInt64 {
      get { duration.withLock { $0 } }
      set { duration.withLock { $0 = newValue } }
    }

    fileprivate func make(_ clock: @escaping @Sendable (UInt64) -> Void) -> any Collector {
      interval == nil ? FakeCollector(self, clock) : FakePeriodicCollector(self, clock)
    }
  }

  private class FakeCollector: Collector {
    let fake: Fake
    private let clock: (UInt64) -> Void

    var unavailability: CollectorFailure? {
      fake.unavailable.withLock { $0 }.map { CollectorFailure($0, "shows nothing", cure: "none") }
    }

    init(_ fake: Fake, _ clock: @escaping (UInt64) -> Void) {
      self.fake = fake
      self.clock = clock
    }

    func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
      fake.collections.withLock { $0 += 1 }
      clock(fake.takes)
      fake.meanwhile.withLock { $0 }?()
      writer.begin(Family(unprefixed: fake.name, .gauge, help: "Fake."))
      writer.unsigned(1)
      // after it wrote, so that there is something to take back
      if let reason = fake.failing.withLock({ $0 }) { throw CollectorFailure(reason, "fails", cure: "none") }
    }
  }

  private final class FakePeriodicCollector: FakeCollector, PeriodicCollector {
    var samplingInterval: UInt64 { fake.interval ?? 0 }
    func sample(now: UInt64) {
      fake.samples.withLock { $0.append(now) }
      fake.meanwhile.withLock { $0 }?()
    }
  }

  let clock = Mutex<UInt64>(0)
  private let told = Mutex<[String]>([])
  private let fakes: [Fake]

  init(_ fakes: [Fake]) { self.fakes = fakes }

  subscript(name: String) -> Fake { fakes.first { $0.name == name }! }

  func events() -> [String] { told.withLock { $0 } }

  /// One thread makes the independent ones after the others, unless `beside` says otherwise.
  func start(
    enabled: Set<String>, program: Fake? = nil,
    beside: RunBeside = { other, own in
      own()
      other()
    }
  ) -> CollectorSet {
    let advance: @Sendable (UInt64) -> Void = { [self] time in clock.withLock { $0 += time } }
    let definitions = fakes.map { fake in
      CollectorDefinition<Void>(
        name: fake.name, summary: fake.name, isOnByDefault: true, families: [], after: fake.after,
        isIndependent: fake.isIndependent
      ) {
        _ throws(CollectorFailure) in
        fake.making.withLock { $0 }?()
        if let reason = fake.start { throw CollectorFailure(reason, "cannot start", cure: "none") }
        return fake.make(advance)
      }
    }
    return CollectorSet(
      definitions, enabled: enabled, context: {}, program: { _ in program?.make(advance) }, beside: beside,
      now: { [self] in clock.withLock { $0 } },
      report: { [self] event in told.withLock { $0.append(Self.text(event)) } })
  }

  private static func text(_ event: CollectorSet.Event) -> String {
    switch event {
    case .started(let name): "started \(name)"
    case .unavailable(let name, let failure): "unavailable \(name) \(failure.reason.rawValue)"
    case .withdrawn(let name, let failure): "withdrawn \(name) \(failure.reason.rawValue)"
    case .available(let name): "available \(name)"
    case .failed(let name, let failure): "failed \(name) \(failure.reason.rawValue)"
    case .recovered(let name): "recovered \(name)"
    case .budget(.down(let name, _, _), _, _, let level): "shed \(name) \(level)"
    case .budget(.up(let name, _, _), let failure, _, let level):
      failure == nil ? "back \(name) \(level)" : "not back \(name) \(level)"
    case .budget(.helpless, _, _, let level): "helpless \(level)"
    }
  }
}

extension [Snapshot] {
  /// Those of all parts.
  var texts: [String] { flatMap(\.texts) }
}

extension Snapshot {
  /// Every sample as `family{labels} number`, without prefix; seconds are nanoseconds.
  var texts: [String] {
    samples.map { sample in
      let name = families[sample.family].name
      let labels = String(decoding: labels[sample.labels], as: UTF8.self)
      let number =
        switch sample.value {
        case .unsigned(let value), .decimal(let value, _): "\(value)"
        case .integer(let value): "\(value)"
        case .double(let value): "\(value)"
        case .histogram: "histogram"
        }
      let short = name.hasPrefix("wattprobe_") ? String(name.dropFirst("wattprobe_".count)) : name
      return labels.isEmpty ? "\(short) \(number)" : "\(short){\(labels)} \(number)"
    }
  }
}
