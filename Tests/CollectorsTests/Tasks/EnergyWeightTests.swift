import BPFPrograms
import Energy
import Host
import Testing

@testable import Collectors

/// What packages and GPUs used goes by what each process did on them.
@Suite struct EnergyWeightTests {
  private static let second: UInt64 = 1_000_000_000
  private var tables = TaskTables(processes: ProcessTable(options: ProcessOptions()))
  private var clock: UInt64 = 1_000 * Self.second
  /// What each process did so far, by its id.
  private var work: [UInt32: Weights] = [:]
  private var dead = DeadWeights()

  private static func zone(_ name: String) -> EnergyZone { EnergyZone(source: .rapl, name: name) }
  private static let gpu = EnergyZone(source: .nvml, name: "gpu-0", domain: .gpu, owner: "GPU-1")

  private static func readings(
    _ zones: [EnergyZone], _ totals: [UInt64], isOpen: Bool = false, uses: [DeviceUse]? = nil
  ) -> [EnergyReading] {
    zip(zip(zones, EnergyLabels.assign(to: zones)), totals).map { pair, total in
      EnergyReading(
        labels: pair.1, zone: pair.0, role: .primary, total: total,
        window: isOpen ? nil : EnergyWindow(microjoules: 1, nanoseconds: second),
        uses: pair.0.domain == .gpu ? uses : nil)
    }
  }

  private mutating func pass() {
    clock += Self.second
    tables.beginPass(now: clock)
    for (tgid, weights) in work {
      var record = ProcessRecord()
      record.tgid = tgid
      record.start_ns = UInt64(tgid)
      record.threads = 1
      // whoever it is, it matters
      record.usage.runtime_ns = weights.wrappedSum() + 100_000_000 * (clock / Self.second)
      tables.add(record, weights: weights)
    }
    tables.endPass(
      dead: TaskUsage(), deadWeights: dead, watched: { _ in nil },
      TaskTables.Events(admit: { _ in "/" }, forget: { _ in }))
  }

  /// Passes until all have series, and energy counts from here on.
  private mutating func begin(_ zones: [EnergyZone], lanes: WeightLanes?, idleMicrowatts: UInt64? = 0) {
    for _ in 0..<3 { pass() }
    tables.beginAttribution(
      EnergyLedger(
        Self.readings(zones, zones.map { _ in 0 }, isOpen: true), cpus: 2, idleMicrowatts: idleMicrowatts,
        lanes: lanes))
  }

  private mutating func window(_ readings: [EnergyReading]) {
    tables.energy?.measure(readings, at: clock + Self.second)
    pass()
    tables.attributeEnergy()
  }

  private func energy(_ tgid: UInt32) -> DomainValues<UInt64>? {
    tables.processes.series.first { $0.tgid == tgid }?.energy.used
  }

  /// A machine of two packages with a CPU each.
  private static func twoPackages() throws -> (EnergyFixture, Weighing) {
    let host = try EnergyFixture()
    try host.topology(packages: [0: 0, 1: 3])
    return (host, try #require(Weighing(paths: host.paths, siblingWeight: 0.55, countsCycles: false)))
  }

  private static func weights(_ values: UInt64...) -> Weights {
    var weights = Weights.zero
    for (place, value) in values.enumerated() { weights[place] = value }
    return weights
  }

  @Test mutating func eachPackageGoesByWhatWasDoneOnIt() throws {
    let (_, weighing) = try Self.twoPackages()
    #expect(weighing.lanes == WeightLanes(packages: [0, 3], cpus: [1, 1]))
    work = [7: .zero, 8: .zero]
    // a package of which no CPU is known goes by what was done on all
    let zones = [Self.zone("package-0"), Self.zone("package-3"), Self.zone("package-9")]
    begin(zones, lanes: weighing.lanes)
    work = [7: Self.weights(300, 100), 8: Self.weights(100, 300)]
    window(Self.readings(zones, [4_000_000, 8_000_000, 1_000_000]))
    #expect(energy(7)?.total == 3_000_000 + 2_000_000 + 500_000)
    #expect(energy(8)?.total == 1_000_000 + 6_000_000 + 500_000)
    #expect(tables.energy?.packages.map(\.processes) == [4_000_000, 8_000_000, 1_000_000])
    // nothing was done on the second: nobody is given what it used
    work[7]! &+= Self.weights(1)
    window(Self.readings(zones, [5_000_000, 9_000_000, 1_000_000]))
    #expect(energy(7)?.total == 6_500_000)
    #expect(tables.energy?.packages[1].unattributed == 1_000_000)
  }

  /// It did 100, and was given energy for them; then exec by another thread starts its count anew, and what it did is with
  /// the ended tasks. It is given what it does from there on, and the ended tasks nothing that it had.
  @Test mutating func workThatGoesToTheEndedTasksIsNotGivenTwice() throws {
    let (_, weighing) = try Self.twoPackages()
    work = [7: .zero, 8: .zero]
    let zones = [Self.zone("package-0")]
    begin(zones, lanes: weighing.lanes)
    work = [7: Self.weights(100), 8: Self.weights(100)]
    window(Self.readings(zones, [2_000_000]))
    #expect(energy(7)?.total == 1_000_000)
    work[7] = Self.weights(10)
    work[8]! &+= Self.weights(10)
    dead.all = Self.weights(100)
    window(Self.readings(zones, [3_000_000]))
    for total in 4...8 as ClosedRange<UInt64> {
      work[7]! &+= Self.weights(50)
      work[8]! &+= Self.weights(50)
      window(Self.readings(zones, [total * 1_000_000]))
    }
    // but for the window in which that was found
    let (one, two) = (try #require(energy(7)?.total), try #require(energy(8)?.total))
    #expect(one >= 3_000_000 && one <= 4_000_000)
    #expect(two >= 4_000_000 && two <= 5_100_000)
    #expect(one + two + tables.processes.otherEnergy.total == tables.energy?.packages[0].processes)
    #expect(tables.processes.otherEnergy.total <= 1_000_000)
  }

  @Test mutating func gpuGoesByWhoUsedIt() throws {
    work = [7: .zero, 8: .zero]
    let zones = [Self.zone("package-0"), Self.gpu]
    begin(zones, lanes: nil, idleMicrowatts: 0)
    work = [7: Self.weights(100), 8: Self.weights(300)]
    // 99 is nobody that is known
    let uses = [(7, 30), (8, 10), (99, 40)].map { DeviceUse(pid: $0.0, weight: $0.1) }
    window(Self.readings(zones, [4_000_000, 8_000_000], uses: uses))
    #expect(energy(7)?.package == 1_000_000 && energy(7)?.gpu == 3_000_000)
    #expect(energy(8)?.package == 3_000_000 && energy(8)?.gpu == 1_000_000)
    #expect(tables.processes.otherEnergy.gpu == 4_000_000)
    // nobody used it: what it draws then is learned as idle, and taken off from then on
    window(Self.readings(zones, [4_000_000, 9_000_000], uses: []))
    #expect(tables.energy?.idleFloor(of: "GPU-1") == 1_000_000)
    window(Self.readings(zones, [4_000_000, 13_000_000], uses: [DeviceUse(pid: 8, weight: 1)]))
    #expect(energy(8)?.gpu == 4_000_000)
    let gpu = try #require(tables.energy?.packages.first { $0.name == "GPU-1" })
    #expect(gpu.processes == 11_000_000 && gpu.idle == 2_000_000 && gpu.kernel == 0 && gpu.unattributed == 0)
  }

  /// Where no pass can be made for long, what waits for one is bounded.
  @Test mutating func moreUsersThanAreKeptApartAreOther() {
    work = [7: .zero]
    begin([Self.gpu], lanes: nil)
    let crowd = (100..<30_000 as Range<UInt32>).map { DeviceUse(pid: $0, weight: 1) }
    tables.energy?.measure(Self.readings([Self.gpu], [1_000_000], uses: crowd), at: clock + 1)
    #expect(tables.energy?.takeUses().count == 8193)
    tables.energy?.measure(Self.readings([Self.gpu], [4_000_000], uses: crowd), at: clock + 2)
    window(Self.readings([Self.gpu], [4_000_000], uses: []))
    #expect(tables.processes.otherEnergy.gpu == 4_000_000)
  }

  /// What a window that a failed reading held open was used for counts once it closes.
  @Test mutating func gpuThatCouldNotBeReadIsDividedLater() {
    work = [7: .zero]
    begin([Self.gpu], lanes: nil)
    window(Self.readings([Self.gpu], [0], isOpen: true, uses: nil))
    #expect(energy(7)?.gpu == 0)
    window(Self.readings([Self.gpu], [6_000_000], uses: [DeviceUse(pid: 7, weight: 5)]))
    #expect(energy(7)?.gpu == 6_000_000)
  }

  @Test func weighingIsForMachinesWhoseRunTimeDoesNotSayEnough() throws {
    let host = try EnergyFixture()
    #expect(Weighing(paths: host.paths, siblingWeight: 0.55, countsCycles: true) == nil)
    try host.topology(packages: [0: 0, 1: 0, 2: 0, 3: 0])
    #expect(Weighing(paths: host.paths, siblingWeight: 0.55, countsCycles: false) == nil)
    #expect(Weighing(paths: host.paths, siblingWeight: 0.55, countsCycles: true)?.siblings == 0)
    try host.topology(
      packages: [0: 0, 1: 0, 2: 0, 3: 0], siblings: [0: "0,2", 1: "1,3", 2: "0,2", 3: "1,3"])
    #expect(Weighing(paths: host.paths, siblingWeight: 1, countsCycles: false) == nil)
    let siblings = try #require(Weighing(paths: host.paths, siblingWeight: 0.55, countsCycles: false))
    #expect(siblings.siblings == 1 && siblings.siblingLoss == 461 && siblings.pendingWeight == 563)
    let entry = try #require(siblings.entry(ofCPU: 3))
    #expect(entry.lane == 1 && entry.siblings.0 == 1 && entry.siblings.1 == .max)
    #expect(siblings.entry(ofCPU: 9)?.siblings.0 ?? .max == .max)
    // nine packages are more than are told apart
    try host.topology(packages: Dictionary(uniqueKeysWithValues: (0...8).map { ($0, $0) }))
    #expect(Weighing(paths: host.paths, siblingWeight: 0.55, countsCycles: false) == nil)
  }
}
