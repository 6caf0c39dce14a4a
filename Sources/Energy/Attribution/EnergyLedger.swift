/// Who used the measured energy.
///
/// It goes to leaves: the kernel's own threads, each process that has series of its own, and the other processes of each
/// control group together. The figures of processes, control groups and packages are sums over the same leaves.
///
/// Every zone has weights of its own: what leaves did on the CPUs of its package, or, of a GPU, what its driver says of them.
package struct EnergyLedger {
  /// The leaf of kernel threads.
  package static let kernel = 0
  /// The leaf of processes whose control group is not known, and of all without series where groups are not followed.
  package static let rest = 1

  /// What became of a package's energy, in microjoules; the four together are what its zones measured.
  package struct Package {
    package let name: String
    package let basis: EnergyBasis
    /// Whether one of its zones was ever believed.
    package var isMeasured = false
    package var processes: UInt64 = 0
    package var kernel: UInt64 = 0
    package var idle: UInt64 = 0
    package var unattributed: UInt64 = 0
  }

  private struct Zone {
    let labels: EnergyLabels
    let domain: EnergyZone.Domain
    /// Index into `packages`.
    let package: Int
    /// The lane of its package's weights; nil: those of all packages count.
    let lane: Int?
    var account: EnergyAccount
    var isPrimary = false
    /// Whether it ever was.
    var wasPrimary = false
    var sums = ZoneSums()

    func of(_ weights: Weights) -> UInt64 { lane.map { weights[$0] } ?? weights.wrappedSum() }
  }

  /// A process that used a GPU; 0: those that are too many.
  package struct User: Hashable {
    fileprivate let zone: Int
    package let pid: UInt32
  }

  /// Users that are kept apart until a pass says which processes they are.
  private static let mostUsers = 8192

  private struct Interface: Hashable {
    let source: EnergyZone.Source
    let isMemoryMapped: Bool

    init(_ zone: EnergyZone) {
      source = zone.source
      isMemoryMapped = zone.isMemoryMapped
    }
  }

  package let basis: EnergyBasis
  private var allPackages: [Package] = []
  /// Those that were measured.
  package var packages: [Package] { allPackages.filter(\.isMeasured) }
  /// Whether there is energy to attribute: some zone counts.
  package var isAttributing: Bool { zones.contains(where: \.isPrimary) }
  /// By leaf.
  package private(set) var shares: [Share] = [Share(), Share()]
  /// Leaves whose energy is kept by zone, in microjoules since they are followed.
  package internal(set) var followed: [Int: [EnergyLabels: UInt64]] = [:]
  /// What others than these do counts no more.
  var isFrozen = false
  /// Whether all zones closed a window the last time: else shares lack energy of that time, which is yet to come.
  package private(set) var hasWindow = false
  /// The control groups, as the table of them numbers them.
  package var groups: [GroupWork] = []
  /// Ended processes that belong to no group in `groups`.
  package var elsewhere = DeadWork()
  package var deadKernel = DeadWork()
  /// Where weights of each package are, where tasks are weighed; nil: they are run times, the same for all packages.
  package let lanes: WeightLanes?

  private var zones: [Zone] = []
  /// No zone's reading failed.
  private var isWhole = false
  private var attributed: [Measurand: [Interface: UInt64]] = [:]
  /// When it was last measured, by a clock that never stands: one that steps back is counted on from where it was.
  private var latest: UInt64 = 0
  private var free: [Int] = []
  /// What GPUs were used for, by weight, that no leaf has had yet.
  private var uses: [User: UInt64] = [:]
  /// How long the CPUs of each package had been busy, where tasks are weighed.
  private var busyTime: Weights?
  /// The longest run time that a leaf can have had since the last pass.
  private var mostRunTime = UInt64.max
  private let cpus: Int
  private let idleMicrowatts: UInt64?

  /// - Parameters:
  ///   - readings: what the zones stand at: energy is attributed from there on.
  ///   - basis: what is divided.
  ///   - cpus: how many there are.
  ///   - idleMicrowatts: what a package draws idle; nil: to be learned.
  ///   - lanes: where each package's weights are; nil: weights are run times.
  package init(
    _ readings: [EnergyReading], basis: EnergyBasis = .measured, cpus: Int, idleMicrowatts: UInt64?,
    lanes: WeightLanes? = nil
  ) {
    self.basis = basis
    self.cpus = cpus
    self.idleMicrowatts = idleMicrowatts
    self.lanes = lanes
    for reading in readings where mayBeMeasured(reading) {
      let index = index(of: reading, among: readings)
      setPrimary(reading.role == .primary, zone: index)
    }
  }

  // MARK: Leaves

  package mutating func makeLeaf() -> Int {
    if let leaf = free.popLast() { return leaf }
    shares.append(Share())
    return shares.count - 1
  }

  /// A leaf is no more; what it did in the window under way counts for `heir`.
  package mutating func release(_ leaf: Int, to heir: Int) {
    for zone in zones.indices { zones[zone].account.move(leaf, to: heir) }
    shares[leaf] = Share()
    free.append(leaf)
  }

  /// A pass begins, `elapsed` nanoseconds after the last one.
  ///
  /// More than its CPUs' time of it no leaf can have run: where the kernel's figures were read while they changed, it did
  /// not. On CPUs without ticks the kernel brings a running task's time up to date once a second only.
  package mutating func beginPass(elapsed: UInt64) {
    let (product, over) = (elapsed + 2_000_000_000).multipliedReportingOverflow(by: UInt64(cpus))
    mostRunTime = over ? .max : product
  }

  /// Adds what a leaf did on the CPUs of each package.
  package mutating func add(_ weights: Weights, to leaf: Int) {
    if isFrozen && followed[leaf] == nil { return }
    if lanes == nil {
      let runtime = min(weights[0], mostRunTime)
      for zone in zones.indices where zones[zone].domain != .gpu {
        zones[zone].account.add(runtime, to: leaf)
        zones[zone].account.addBusy(runtime)
      }
    } else {
      for zone in zones.indices where zones[zone].domain != .gpu {
        zones[zone].account.add(zones[zone].of(weights), to: leaf)
      }
    }
  }

  /// Takes note of how long the CPUs of each package have been busy, where tasks are weighed.
  package mutating func measureBusyTime(_ time: Weights) {
    if let busyTime {
      let more = time.growth(since: busyTime)
      for zone in zones.indices where zones[zone].domain != .gpu { zones[zone].account.addBusy(zones[zone].of(more)) }
    }
    busyTime = time
  }

  /// Adds what a leaf used of a GPU.
  package mutating func add(_ weight: UInt64, of user: User, to leaf: Int) {
    if isFrozen && followed[leaf] == nil { return }
    zones[user.zone].account.add(weight, to: leaf)
    // a window in which anybody used it is not quiet
    zones[user.zone].account.addBusy(.max)
  }

  /// What GPUs were used for that no leaf has had yet.
  package mutating func takeUses() -> [User: UInt64] {
    defer { uses = [:] }
    return uses
  }

  private mutating func keep(_ use: DeviceUse, zone: Int) {
    guard use.weight > 0 else { return }
    var user = User(zone: zone, pid: use.pid)
    if uses[user] == nil && uses.count >= Self.mostUsers { user = User(zone: zone, pid: 0) }
    uses[user] = (uses[user] ?? 0) &+ use.weight
  }

  // MARK: Windows

  /// Takes what was read at `now`.
  package mutating func measure(_ readings: [EnergyReading], at now: UInt64) {
    isWhole = true
    latest = max(now, latest + 1)
    for reading in readings where mayBeMeasured(reading) {
      let index = index(of: reading, among: readings)
      setPrimary(reading.role == .primary, zone: index)
      if reading.isSilent {
        zones[index].account.skip()
        continue
      }
      guard let window = reading.window else {
        if reading.role == .primary { isWhole = false }
        continue
      }
      let measurand = Measurand(reading.zone)
      let interface = Interface(reading.zone)
      let others = attributed[measurand, default: [:]].filter { $0.key != interface }.values.max() ?? 0
      if reading.role == .primary && others <= now.subtracting(window.nanoseconds) {
        zones[index].account.measure(total: reading.total, nanoseconds: window.nanoseconds)
        attributed[measurand, default: [:]][interface] = latest
        for use in reading.uses ?? [] { keep(use, zone: index) }
      } else {
        zones[index].account.discard(total: reading.total)
      }
    }
  }

  /// Attributes what was measured to what the leaves did since the last time.
  package mutating func close() {
    isFrozen = false
    for leaf in shares.indices { shares[leaf] = Share() }
    hasWindow = false
    for zone in zones.indices {
      let closed = zones[zone].account.close()
      zones[zone].sums.take(closed)
      guard let closed else { continue }
      hasWindow = isWhole
      let index = zones[zone].package
      allPackages[index].idle += closed.idle
      allPackages[index].unattributed += closed.unattributed
      for leaf in followed.keys where leaf < closed.shares.count {
        followed[leaf]![zones[zone].labels, default: 0] += closed.shares[leaf]
      }
      for (leaf, energy) in closed.shares.enumerated() where energy > 0 {
        if leaf == Self.kernel { allPackages[index].kernel += energy } else { allPackages[index].processes += energy }
        let window = EnergyWindow(microjoules: energy, nanoseconds: closed.window.nanoseconds)
        shares[leaf].microjoules.add(energy, to: zones[zone].domain)
        shares[leaf].watts.add(window.watts, to: zones[zone].domain)
      }
    }
  }

  /// Whether energy of such zones is attributed.
  package func measures(_ domain: EnergyZone.Domain) -> Bool { zones.contains { $0.domain == domain && $0.wasPrimary } }

  /// Whether that of the whole machine is.
  package var measuresPlatform: Bool { measures(.psys) || measures(.machine) }

  /// All that was attributed of packages and their memory, in microjoules.
  package var energyWithoutGPUs: UInt64 { zones.filter { $0.domain != .gpu }.reduce(0) { $0 + $1.sums.energy } }

  /// What became of the energy of a zone; nil where none of it is attributed.
  package func sums(of labels: EnergyLabels) -> ZoneSums? { zones.first { $0.labels == labels }?.sums }

  /// What a package is taken to draw without any work, in microwatts; nil as long as that is not known.
  package func idleFloor(of package: String) -> UInt64? {
    let floors = zones.filter { $0.isPrimary && $0.labels.package == package }.compactMap(\.account.floor.microwatts)
    return floors.isEmpty ? nil : floors.reduce(0, +)
  }

  /// Of zones that lie in others nothing is attributed, nor of those that contain others, where others are measured.
  private func mayBeMeasured(_ reading: EnergyReading) -> Bool {
    switch reading.zone.domain {
    case .package, .dram: reading.isSilent ? reading.zone.package != nil : Self.isMeasured(reading.role)
    case .gpu: reading.isSilent || Self.isMeasured(reading.role)
    case .psys, .machine: basis == .platform && (reading.isSilent || reading.role == .primary)
    default: false
    }
  }

  private static func isMeasured(_ role: EnergyRole?) -> Bool { role == .primary || role == .duplicate }

  private mutating func setPrimary(_ isPrimary: Bool, zone index: Int) {
    zones[index].isPrimary = isPrimary
    if !isPrimary { return }
    zones[index].wasPrimary = true
    allPackages[zones[index].package].isMeasured = true
  }

  private mutating func index(of reading: EnergyReading, among readings: [EnergyReading]) -> Int {
    if let found = zones.firstIndex(where: { $0.labels == reading.labels }) { return found }
    let account = EnergyAccount(total: reading.total, floor: floor(of: reading.zone, among: readings))
    let package = package(of: reading)
    zones.append(
      Zone(
        labels: reading.labels, domain: reading.zone.domain, package: package,
        lane: lanes?.lane(ofPackage: reading.zone.package), account: account))
    return zones.count - 1
  }

  private mutating func package(of reading: EnergyReading) -> Int {
    let name = reading.labels.package
    if let found = allPackages.firstIndex(where: { $0.name == name }) { return found }
    allPackages.append(Package(name: name, basis: reading.zone.domain == .gpu ? .measured : basis))
    return allPackages.count - 1
  }

  /// The weights of all zones of a package are the same, so it does not matter out of which of them the idle power is taken
  /// that was given: of those that measure the package itself, in equal parts where it has several dies.
  private func floor(of zone: EnergyZone, among readings: [EnergyReading]) -> IdleFloor {
    let cpus = lanes?.lane(ofPackage: zone.package).flatMap { lanes?.cpus[$0] } ?? cpus
    guard let idleMicrowatts, zone.domain != .gpu else { return IdleFloor(cpus: cpus) }
    let dies = readings.count {
      $0.zone.domain == .package && $0.zone.package == zone.package && Interface($0.zone) == Interface(zone)
    }
    let isWhole = zone.domain == .package || basis == .platform
    return IdleFloor(microwatts: isWhole ? idleMicrowatts / UInt64(max(1, dies)) : 0)
  }
}
