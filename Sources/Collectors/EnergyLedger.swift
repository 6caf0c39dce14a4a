internal import Energy

/// What the energy collector read of one zone.
struct EnergyReading {
  let labels: EnergyLabels
  let zone: EnergyZone
  /// Nil while the zone is gone.
  let role: EnergyRole?
  /// What its counter has added up to, in microjoules.
  let total: UInt64
  /// The window that ended with this reading; nil where none did: it stays open.
  let window: EnergyWindow?
}

/// Who used the measured energy.
///
/// It goes to leaves: the kernel's own threads, each process that has series of its own, and the other processes of each
/// control group together. The figures of processes, control groups and packages are sums over the same leaves.
///
/// Every zone has weights of its own: run time, the same for all of them. Where weights are known by package, each goes to
/// the accounts of its package alone.
struct EnergyLedger {
  /// The leaf of kernel threads.
  static let kernel = 0
  /// The leaf of processes whose control group is not known, and of all without series where groups are not followed.
  static let rest = 1

  /// What a leaf used in the windows that closed last.
  struct Share: Hashable {
    var microjoules: UInt64 = 0
    var watts: Double = 0

    static func += (left: inout Share, right: Share) {
      left.microjoules += right.microjoules
      left.watts += right.watts
    }
  }

  /// What became of a package's energy, in microjoules; the four together are what its zones measured.
  struct Package {
    let name: String
    var processes: UInt64 = 0
    var kernel: UInt64 = 0
    var idle: UInt64 = 0
    var unattributed: UInt64 = 0
  }

  private struct Zone {
    let labels: EnergyLabels
    var account: EnergyAccount
    var isPrimary = false
  }

  /// What several sources may measure: once it is attributed from one, it is not again from another.
  private struct Place: Hashable {
    let package: Int?
    let domain: EnergyZone.Domain
  }

  private struct Interface: Hashable {
    let source: EnergyZone.Source
    let isMemoryMapped: Bool

    init(_ zone: EnergyZone) {
      source = zone.source
      isMemoryMapped = zone.isMemoryMapped
    }
  }

  private(set) var packages: [Package] = []
  /// By leaf.
  private(set) var shares: [Share] = [Share(), Share()]
  /// Whether all zones closed a window the last time: else shares lack energy of that time, which is yet to come.
  private(set) var hasWindow = false
  /// The control groups, as the table of them numbers them.
  var groups: [GroupRunTime] = []
  /// Ended processes that belong to no group in `groups`.
  var elsewhere = DeadRunTime()
  var deadKernel = DeadRunTime()

  private var zones: [Zone] = []
  /// No zone's reading failed.
  private var isWhole = false
  private var attributed: [Place: [Interface: UInt64]] = [:]
  private var free: [Int] = []
  private let cpus: Int
  private let idleMicrowatts: UInt64?

  /// - Parameters:
  ///   - readings: what the zones stand at: energy is attributed from there on.
  ///   - cpus: how many there are.
  ///   - idleMicrowatts: what a package draws idle; nil: to be learned.
  init(_ readings: [EnergyReading], cpus: Int, idleMicrowatts: UInt64?) {
    self.cpus = cpus
    self.idleMicrowatts = idleMicrowatts
    for reading in readings where Self.isMeasured(reading) { _ = place(of: reading, among: readings) }
  }

  // MARK: Leaves

  mutating func makeLeaf() -> Int {
    if let leaf = free.popLast() { return leaf }
    shares.append(Share())
    return shares.count - 1
  }

  /// A leaf is no more; what it did in the window under way counts for `heir`.
  mutating func release(_ leaf: Int, to heir: Int) {
    for zone in zones.indices { zones[zone].account.move(leaf, to: heir) }
    shares[leaf] = Share()
    free.append(leaf)
  }

  /// Adds nanoseconds on a CPU, in all packages alike.
  mutating func add(_ runtime: UInt64, to leaf: Int) {
    for zone in zones.indices { zones[zone].account.add(runtime, to: leaf) }
  }

  /// The longest run time that a leaf can have had in `elapsed` nanoseconds between two passes. On CPUs without ticks the
  /// kernel brings a running task's time up to date once a second only.
  func mostRunTime(in elapsed: UInt64) -> UInt64 {
    let (product, over) = (elapsed + 2_000_000_000).multipliedReportingOverflow(by: UInt64(cpus))
    return over ? .max : product
  }

  // MARK: Windows

  /// Takes what was read at `now`.
  mutating func measure(_ readings: [EnergyReading], at now: UInt64) {
    isWhole = true
    for reading in readings where Self.isMeasured(reading) {
      let index = place(of: reading, among: readings)
      zones[index].isPrimary = reading.role == .primary
      guard let window = reading.window else {
        if reading.role == .primary { isWhole = false }
        continue
      }
      let place = Place(package: reading.zone.package, domain: reading.zone.domain)
      let interface = Interface(reading.zone)
      let others = attributed[place, default: [:]].filter { $0.key != interface }.values.max() ?? 0
      if reading.role == .primary && others <= now.subtracting(window.nanoseconds) {
        zones[index].account.measure(total: reading.total, nanoseconds: window.nanoseconds)
        attributed[place, default: [:]][interface] = now
      } else {
        zones[index].account.discard(total: reading.total)
      }
    }
  }

  /// Attributes what was measured to what the leaves did since the last time.
  mutating func close() {
    for leaf in shares.indices { shares[leaf] = Share() }
    hasWindow = false
    for zone in zones.indices {
      guard let closed = zones[zone].account.close() else { continue }
      hasWindow = isWhole
      let index = package(zones[zone].labels.package)
      packages[index].idle += closed.idle
      packages[index].unattributed += closed.unattributed
      for (leaf, energy) in closed.shares.enumerated() where energy > 0 {
        if leaf == Self.kernel { packages[index].kernel += energy } else { packages[index].processes += energy }
        let window = EnergyWindow(microjoules: energy, nanoseconds: closed.window.nanoseconds)
        shares[leaf] += Share(microjoules: energy, watts: window.watts)
      }
    }
  }

  /// What a package is taken to draw without any work, in microwatts; nil as long as that is not known.
  func idleFloor(of package: String) -> UInt64? {
    let floors = zones.filter { $0.isPrimary && $0.labels.package == package }.compactMap(\.account.floor.microwatts)
    return floors.isEmpty ? nil : floors.reduce(0, +)
  }

  /// Of zones that lie in others nothing is attributed, nor of those that contain others, nor of GPUs: who ran on a CPU says
  /// nothing of theirs.
  private static func isMeasured(_ reading: EnergyReading) -> Bool {
    (reading.role == .primary || reading.role == .duplicate) && reading.zone.domain != .gpu
  }

  private mutating func place(of reading: EnergyReading, among readings: [EnergyReading]) -> Int {
    if let found = zones.firstIndex(where: { $0.labels == reading.labels }) { return found }
    _ = package(reading.labels.package)
    let account = EnergyAccount(total: reading.total, floor: floor(of: reading.zone, among: readings))
    zones.append(Zone(labels: reading.labels, account: account, isPrimary: reading.role == .primary))
    return zones.count - 1
  }

  private mutating func package(_ name: String) -> Int {
    if let found = packages.firstIndex(where: { $0.name == name }) { return found }
    packages.append(Package(name: name))
    return packages.count - 1
  }

  /// The weights of all zones of a package are the same, so it does not matter out of which of them the idle power is taken
  /// that was given: of those that measure the package itself, in equal parts where it has several dies.
  private func floor(of zone: EnergyZone, among readings: [EnergyReading]) -> IdleFloor {
    guard let idleMicrowatts else { return IdleFloor(cpus: cpus) }
    let dies = readings.count {
      $0.zone.domain == .package && $0.zone.package == zone.package && Interface($0.zone) == Interface(zone)
    }
    return IdleFloor(microwatts: zone.domain == .package ? idleMicrowatts / UInt64(max(1, dies)) : 0)
  }
}
