import Energy
import Glibc
import Host

/// Estimated energy of each package, from what its CPUs do: only where somebody asked for it.
///
/// All activities are counts since the start of the machine, so a reading that fails loses nothing: the next one covers its
/// time, too. Switches, calls and packets, which belong to no package, are shared equally.
final class ModelSource: EnergySource {
  private struct Package {
    let number: Int
    var cpus: Set<Int>
    /// Exact in sum: what is less than a microjoule is carried on.
    var microjoules: UInt64 = 0
    var fraction = 0.0
  }

  private let model: PowerModel
  private let activity: any ActivitySource
  private let paths: HostPaths
  private var packages: [Package] = []
  private var last: (time: UInt64, activity: MachineActivity)?
  private var failure: HostError?
  /// When the last attempt to read was.
  private var attempt: UInt64?

  init(_ model: PowerModel, activity: any ActivitySource, paths: HostPaths) {
    self.model = model
    self.activity = activity
    self.paths = paths
  }

  func discover() -> EnergyDiscovery {
    var cpus: [Int: Set<Int>] = [:]
    for cpu in (try? CPUTopology(paths: paths).online) ?? [] { cpus[cpu.package ?? 0, default: []].insert(cpu.number) }
    if cpus.isEmpty { cpus[0] = [] }
    packages = cpus.keys.sorted().map { number in
      var package = packages.first { $0.number == number } ?? Package(number: number, cpus: [])
      package.cpus = cpus[number]!
      return package
    }
    return EnergyDiscovery(
      zones: packages.map { package in
        EnergyDiscovery.Zone(
          zone: EnergyZone(
            source: .model, name: "package-\(package.number)", domain: .package, package: package.number),
          sensor: ModelSensor(package.number, source: self))
      })
  }

  fileprivate func microjoules(of number: Int, at now: UInt64) throws(HostError) -> UInt64 {
    if attempt != now || last == nil { read(at: now) }
    if let failure { throw failure }
    guard let package = packages.first(where: { $0.number == number }) else {
      throw .system(SystemError(ENODEV, call: "find", path: "package-\(number)"))
    }
    return package.microjoules
  }

  private func read(at now: UInt64) {
    attempt = now
    do throws(HostError) {
      var activity = try self.activity.read()
      failure = nil
      if let last {
        // A clock that stepped back: the time up to where it was counts once it has passed again.
        guard now >= last.time else { return }
        Self.limit(&activity.busySeconds, from: last.activity.busySeconds, nanoseconds: now - last.time)
        add(from: last.activity, to: activity, nanoseconds: now - last.time)
      }
      last = (now, activity)
    } catch {
      failure = error
    }
  }

  /// What no machine does more of in a second: system calls, context switches, packets.
  private static let mostCounts = 1e9
  /// CPU time is told by ticks: so many seconds may be late.
  private static let tickSlack = 0.05

  /// No CPU was busy for longer than passed, whatever its columns say: what is more waits for the next reading.
  private static func limit(_ busy: inout [Int: Double], from last: [Int: Double], nanoseconds: UInt64) {
    let most = Double(nanoseconds) / 1e9 + tickSlack
    for (cpu, seconds) in busy {
      if let before = last[cpu], seconds > before + most { busy[cpu] = before + most }
    }
  }

  private func add(from last: MachineActivity, to here: MachineActivity, nanoseconds: UInt64) {
    let share = 1 / Double(max(packages.count, 1))
    var work = PowerModel.Work()
    work.seconds = Double(nanoseconds) / 1e9
    func difference(_ count: KeyPath<MachineActivity, UInt64>) -> Double {
      let (last, here) = (last[keyPath: count], here[keyPath: count])
      return here > last ? min(Double(here - last), Self.mostCounts * work.seconds) * share : 0
    }
    work.systemCalls = difference(\.systemCalls)
    work.contextSwitches = difference(\.contextSwitches)
    work.packets = difference(\.packets)
    for index in packages.indices {
      let cpus = here.busySeconds.filter { packages[index].cpus.isEmpty || packages[index].cpus.contains($0.key) }
      work.cpus = cpus.count
      // A CPU that came online just now, or whose times were reset, counts from here on.
      work.busySeconds = cpus.reduce(0) { $0 + max(0, $1.value - (last.busySeconds[$1.key] ?? $1.value)) }
      let microjoules = model.joules(of: work) * 1e6 + packages[index].fraction
      // A machine that counts nonsense draws no more than any could.
      let whole = min(max(0, microjoules.rounded(.down)), 1e15)
      packages[index].microjoules &+= UInt64(whole)
      packages[index].fraction = min(1, max(0, microjoules - whole))
    }
  }
}

private final class ModelSensor: EnergySensor {
  private let number: Int
  private let source: ModelSource

  init(_ number: Int, source: ModelSource) {
    self.number = number
    self.source = source
  }

  var path: String { "model of package \(number)" }

  func microjoules(at now: UInt64) throws(HostError) -> UInt64? { try source.microjoules(of: number, at: now) }
}
