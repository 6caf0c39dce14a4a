internal import BPFPrograms
internal import Energy
internal import Host

/// How the scheduler programs weigh tasks as they leave their CPUs: needed where the run time that the kernel counts anyway
/// does not say enough.
struct Weighing {
  /// The packages, and where in `Weights` each one's are.
  let lanes: WeightLanes
  /// Other CPUs of a core, at most; 0 where cores have one CPU, or that is not to matter.
  let siblings: Int
  /// What a nanosecond or cycle counts for in which a sibling was busy too.
  let siblingWeight: Double
  /// Whether cycles count in place of nanoseconds.
  let countsCycles: Bool
  private let paths: HostPaths

  /// Nil where run time says it all: one package, one CPU a core, no cycle counters; and on machines of which nothing is
  /// known, or with more packages than are told apart.
  init?(paths: HostPaths, siblingWeight: Double, countsCycles: Bool) {
    guard let online = try? CPUTopology(paths: paths).online, !online.isEmpty else { return nil }
    let packages = Set(online.map(Self.package)).sorted()
    let siblings = siblingWeight == 1 ? 0 : online.map { $0.siblings.count - 1 }.max() ?? 0
    guard packages.count <= Int(WEIGHT_PACKAGES), packages.count > 1 || siblings > 0 || countsCycles else { return nil }
    self.siblings = min(siblings, Int(WEIGHT_SIBLINGS))
    self.siblingWeight = siblingWeight
    self.countsCycles = countsCycles
    self.paths = paths
    lanes = WeightLanes(
      packages: packages, cpus: packages.map { package in online.count { Self.package($0) == package } })
  }

  /// As sysfs numbers it; 0 where the platform does not tell.
  private static func package(_ cpu: CPUTopology.CPU) -> Int { cpu.package ?? 0 }

  /// How a CPU weighs; nil while it is offline, or in a package that came later.
  func entry(ofCPU number: Int) -> WeightPerCPU? {
    let cpu = CPUTopology.CPU(number: number, paths: paths)
    guard cpu.siblings.contains(number), cpu.package != nil || lanes.packages == [0] else { return nil }
    guard let lane = lanes.lane(ofPackage: Self.package(cpu)) else { return nil }
    var entry = WeightPerCPU()
    entry.lane = UInt32(lane + 1)
    withUnsafeMutableBytes(of: &entry.siblings) { bytes in
      let siblings = bytes.bindMemory(to: UInt32.self)
      // no CPU has this number: no time is found for it
      siblings.update(repeating: .max)
      for (index, other) in cpu.siblings.filter({ $0 != number }).prefix(siblings.count).enumerated() {
        siblings[index] = UInt32(other)
      }
    }
    return entry
  }

  /// What run time counts for until it is weighed, in 1/1024: no more than it will then.
  var pendingWeight: UInt16 { countsCycles ? 0 : 1024 - (siblings > 0 ? siblingLoss : 0) }

  /// What is taken off for the time a sibling was busy too, in 1/1024.
  var siblingLoss: UInt16 { UInt16((1024 * (1 - siblingWeight)).rounded()) }
}
