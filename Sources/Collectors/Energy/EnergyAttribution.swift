internal import Collecting
internal import Energy
internal import Exposition
internal import Host
internal import Logging

/// Who used the energy that the energy collector measures.
final class EnergyAttribution {
  static let attributed = Family(
    "energy_attributed_joules", .counter, unit: "joules", labels: ["package", "to", "source"],
    help:
      "Energy of the package or GPU by what it went to; the sum over to is exactly that of its package, dram and GPU "
      + "zones in energy_joules."
  )
  static let idleWatts = Family(
    "energy_idle_watts", .gauge, unit: "watts", labels: ["package", "source"],
    help: "Power that the package draws when idle: learned, or set by --energy.idle-watts.")

  static let families = [attributed, idleWatts]

  static let notes = """
    Of each window's energy, of each package, dram and GPU zone, as much goes to `idle` as the zone draws without any work
    (`energy_idle_watts`), but never more than was measured. The rest is active: it is divided by the weights of processes and
    kernel threads in the same window, in whole microjoules. What rounding leaves, and all of it where nothing ran, is
    `unattributed`. Hence processes + kernel + idle + unattributed is what was measured, to the microjoule, in every window;
    a window that a failed reading held open is divided by the weights of its whole length.

    Weights are the times they ran, as the kernel keeps them, where a machine has one package, one CPU a core, and no cycle
    counters: that costs nothing when tasks switch. Elsewhere the scheduler's program weighs each slice as it ends, for the
    package of its CPU: by its cycles where `pmu` counts them by process, else by its time; the part of it in which another
    thread of the same core was busy too counts `--energy.smt-weight`, as two threads of a core draw less than twice what one
    does. What runs as a window ends is weighed up to then. Before Linux 5.12, and on machines with more than 8 packages, the
    time they ran counts in all packages alike. The weights of a GPU's energy are what its driver says that each process used
    of it; where the driver does not tell, all that have it open have the same.

    The idle power of a zone is the tenth percentile of its last 300 quiet windows: those in which its CPUs together were busy
    for at most 2 % of their time, or 5 % of one CPU's, or in which nobody used the GPU. Busy windows teach nothing, so a
    machine that never rests has no idle power, and all is active, until `--energy.idle-watts` says what it is.

    Where packages have no sensor and the model stands in, what is divided of them is an estimate, and every sample of it, of
    processes and control groups too, carries `source="model"`. Where nothing but the whole machine is measured (psys, the meter
    of a supply, a battery while it discharges; no GPU), that is divided, with `source="platform"`: displays, disks and fans are
    in it. What is measured of packages has no such label. Which of the three it is, is settled at the start.
    """

  private let tasks: TaskPasses

  private init(_ tasks: TaskPasses) { self.tasks = tasks }

  /// Nil where the programs that know who runs cannot be loaded: what is measured is shown all the same.
  static func starting(_ context: CollectorContext, readings: [EnergyReading], basis: EnergyBasis) -> EnergyAttribution?
  {
    do throws(CollectorFailure) {
      let tasks = try context.kernel.tasks()
      let online = (try? CPUList.read(context.options.paths.sys("devices/system/cpu/online")).count) ?? 1
      tasks.beginAttribution(
        EnergyLedger(
          readings, basis: basis, cpus: online, idleMicrowatts: context.options.energy.idleMicrowatts,
          lanes: tasks.weighing?.lanes))
      return EnergyAttribution(tasks)
    } catch {
      context.logger.warning(
        "energy is not attributed", metadata: ["cause": "\(error.message)", "cure": "\(error.cure)"])
      return nil
    }
  }

  /// Attributes what was read at `now`.
  func sample(_ readings: [EnergyReading], at now: UInt64, for purpose: EnergyCollector.Purpose) {
    switch purpose {
    case .series: tasks.attribute(readings, now: now)
    case .now: tasks.attributeNow(readings, now: now)
    case .last(let freed): tasks.attributeLast(readings, now: now, freed: freed)
    }
  }

  /// Follows the energy of tree `tree`.
  func follow(tree: Int) { tasks.follow(tree: tree) }

  /// Microjoules of a tree by zone since it is followed.
  func energy(ofTree tree: Int) -> [EnergyLabels: UInt64]? { tasks.energy(ofTree: tree) }

  /// Microjoules of a zone that were divided so far; nil where none of it is.
  func energy(of zone: EnergyLabels) -> UInt64? { tasks.energy?.sums(of: zone)?.energy }

  /// Whether it is known of every package what it draws without any work.
  var isIdleKnown: Bool {
    guard let ledger = tasks.energy else { return false }
    return ledger.packages.allSatisfy { ledger.idleFloor(of: $0.name) != nil }
  }

  /// What became of the energy of each package so far.
  var packages: [EnergyLedger.Package] { tasks.energy?.packages ?? [] }

  /// - Parameter startedAt: when the first zone of a package began to count.
  func collect(into writer: inout SampleWriter, startedAt: (String) -> UInt64?) {
    guard let ledger = tasks.energy else { return }
    writer.begin(Self.attributed)
    for package in ledger.packages {
      let start = startedAt(package.name)
      for (to, microjoules) in [
        ("processes", package.processes), ("kernel", package.kernel), ("idle", package.idle),
        ("unattributed", package.unattributed),
      ] {
        writer.started(at: start)
        Self.write(microjoules, to, package, to: &writer)
      }
    }
    writer.begin(Self.idleWatts)
    for package in ledger.packages {
      guard let microwatts = ledger.idleFloor(of: package.name) else { continue }
      writer.label("package", package.name)
      writer.labelSource(package.basis)
      writer.micro(microwatts)
    }
  }

  private static func write(
    _ microjoules: UInt64, _ to: String, _ package: EnergyLedger.Package, to writer: inout SampleWriter
  ) {
    writer.label("package", package.name)
    writer.label("to", to)
    writer.labelSource(package.basis)
    writer.micro(microjoules)
  }
}
