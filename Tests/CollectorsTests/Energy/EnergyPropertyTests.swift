import Fixtures
import Collecting
import Energy
import Exposition
import Glibc
import Host
import Testing

@testable import Collectors

/// A thousand windows in which readings fail, zones vanish and the clock steps, against the energy that was really there.
@Suite struct EnergyPropertyTests {
  /// A counter's truth, and what must have been seen of it.
  private struct Counter {
    var register: UInt64
    var truth: UInt64 = 0
    /// What passed between two readings that both succeeded.
    var seen: UInt64 = 0
    /// Since the last reading that succeeded; nil after one that did not.
    var pending: UInt64? = 0

    mutating func use(_ energy: UInt64, modulus: UInt64 = .max) {
      register = (register + energy) % modulus
      truth += energy
      if let before = pending { pending = before + energy }
    }

    mutating func read() {
      seen += pending ?? 0
      pending = 0
    }

    mutating func miss() { pending = nil }
  }

  /// Microjoules of so many microwatts over so many nanoseconds.
  private static func energy(_ power: UInt64, _ nanoseconds: UInt64) -> UInt64 {
    UInt64(UInt128(power) * UInt128(nanoseconds) / UInt128(UInt64.second))
  }

  private static let range = CounterRange(maxEnergyRange: 65_712_999_613)!

  @Test(arguments: 0..<4 as Range<UInt64>)
  func noJouleIsInventedAndNoneLost(seed: UInt64) throws {
    var generator = Generator(seed: seed)
    let host = try EnergyFixture()
    let activity = StillActivity()
    var model = PowerModel()
    model.idleWatts = 7
    model.busyWattsPerCPU = 3
    let power: UInt64 = 12_345_678

    /// Only fails, and wraps.
    var steady = Counter(register: generator.below(Self.range.modulus))
    /// Vanishes, and comes back where it is or at 0.
    var fleeting = Counter(register: 0)
    /// Starts at 0 without a word; tells no range.
    var faulty = Counter(register: 0)
    let (steadyFile, fleetingFile, faultyFile) = (
      host.zonePath("intel-rapl:0"), host.zonePath("intel-rapl:1"), host.path("class/hwmon/hwmon0/energy1_input")
    )
    let powerFile = host.path("class/hwmon/hwmon1/power1_input")
    func write() throws {
      try host.zone("intel-rapl:0", "package-0", steady.register, range: 65_712_999_613)
      try host.zone("intel-rapl:1", "package-1", fleeting.register)
      try host.chip(0, "chip", ["energy1_input": "\((1 << 33) + faulty.register)"])
      try host.chip(1, "rail", ["power1_input": "\(power)"])
    }
    try write()
    let start: UInt64 = 1000 * .second
    let collector = try host.makeCollector(at: start, model: model, activity: activity)
    var now = start
    var highest = start
    var isSettled = true
    var before = try collector.series()
    var failures: UInt64 = 0

    for window in 1...1000 {
      switch generator.below(20) {
      case 0: now -= min(now - start, generator.below(5 * .second))
      case 1: break
      case 2: now += generator.below(100 * .second)
      default: now = max(now + 1, highest) + generator.below(2 * .second)
      }
      // no CPU is busy for longer than passed
      let passed = Double(max(highest, now) - highest) / 1e9
      highest = max(highest, now)
      steady.use(generator.below(500_000_000), modulus: Self.range.modulus)
      fleeting.use(generator.below(500_000_000))
      faulty.use(generator.below(500_000_000))
      activity.now.busySeconds[0]! += min(passed, Double(generator.below(1000)) / 1000)
      activity.now.contextSwitches += generator.below(1000)

      let isLast = window >= 999
      func chance(_ oneIn: UInt64) -> Bool { !isLast && generator.chance(oneIn) }
      if chance(30) {
        faulty.register = 0
        isSettled = false
      }
      let steadyFails = chance(4)
      host.failRead(steadyFile, steadyFails ? EIO : nil)
      let vanishes = chance(15)
      if vanishes && generator.chance(2) { fleeting.register = 0 }
      host.failRead(fleetingFile, vanishes ? ENODEV : nil)
      let faultyFails = chance(6)
      host.failRead(faultyFile, faultyFails ? EINVAL : nil)
      let powerFails = chance(5)
      try write()
      if powerFails { try host.write("class/hwmon/hwmon1/power1_input", "n/a\n") }
      let modelFails = chance(5)
      activity.failure = modelFails ? .malformed(path: "stat", expected: "a cpu line", found: "") : nil
      failures += [steadyFails, vanishes, faultyFails, powerFails, modelFails].count { $0 } == 0 ? 0 : 1

      collector.sample(at: now)
      let state = try collector.series()
      func microjoules(_ zone: String) -> UInt64? { state.joules(zone).map { UInt64(($0 * 1e6).rounded()) } }

      // The window stays open while readings fail, and takes up all that passed.
      if !steadyFails { #expect(microjoules("rapl/0/package-0") == steady.truth) }
      #expect(microjoules("rapl/0/package-0")! <= steady.truth)
      if let shown = microjoules("rapl/1/package-1") {
        fleeting.read()
        #expect(shown <= fleeting.truth && shown >= fleeting.seen)
      } else {
        fleeting.miss()
      }
      // Up to the first reading that is not held after a start at 0, only the upper bound is known.
      let isHeld =
        state.errors("hwmon/unknown/chip-energy1")
        != before["energy_source_errors hwmon/unknown/chip-energy1"]
        .flatMap { if case .unsigned(let errors) = $0 { errors } else { nil } }
      if !isSettled { faulty.miss() }
      if isHeld && !faultyFails { isSettled = false }
      if !isHeld {
        faulty.read()
        isSettled = true
      }
      #expect(microjoules("hwmon/unknown/chip-energy1")! <= faulty.truth)
      #expect(microjoules("hwmon/unknown/rail-power1")! <= Self.energy(power, highest - start))
      for (key, value) in state where key.hasPrefix("energy_joules") || key.hasPrefix("energy_source_errors") {
        if let earlier = before[key] { #expect(!value.isLess(than: earlier), "\(key)") }
      }
      before.merge(state) { $1 }
    }

    // Once more, with everything in order and the clock ahead of all it ever showed.
    now = highest + .second
    try write()
    for file in [steadyFile, fleetingFile, faultyFile, powerFile] { host.failRead(file, nil) }
    activity.failure = nil
    collector.sample(at: now)
    let state = try collector.series()
    func microjoules(_ zone: String) throws -> UInt64 { UInt64((try #require(state.joules(zone)) * 1e6).rounded()) }
    #expect(try microjoules("rapl/0/package-0") == steady.truth)
    #expect(try microjoules("rapl/1/package-1") >= fleeting.seen)
    #expect(try microjoules("hwmon/unknown/chip-energy1") >= faulty.seen)
    let seconds = now - start
    #expect(try microjoules("hwmon/unknown/rail-power1") == Self.energy(power, seconds))
    let modelled = Double(try microjoules("model/0/package-0"))
    let expected = 7e-3 * Double(seconds) + 3e6 * activity.now.busySeconds[0]!
    #expect(abs(modelled - expected) <= 5, "\(modelled) \(expected)")
    #expect(failures > 300)
    let errors = try #require(state.errors("rapl/0/package-0"))
    #expect(errors > 100 && errors < 400)
  }
}

extension Snapshot.Value {
  /// Of two values of one counter.
  fileprivate func isLess(than other: Snapshot.Value) -> Bool {
    switch (self, other) {
    case (.decimal(let left, _), .decimal(let right, _)): left < right
    case (.unsigned(let left), .unsigned(let right)): left < right
    default: true
    }
  }
}
