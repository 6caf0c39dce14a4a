internal import BPF

/// How counters that are many for each CPU are kept where CPUs are many: neighbours share a lane of them, so that the
/// memory does not grow with the machine. Neighbours have a cache in common.
///
/// Where a lane is one CPU's, what a single program writes needs no atomic additions.
package struct Lanes: Equatable {
  /// The number of a CPU without so many of its last bits is that of its lane.
  let shift: Int
  package let count: Int

  /// A lane for each CPU where `budget` bytes hold that, of `size` bytes each; else, since they are shared anyway, as many as
  /// half of that holds. At least one.
  init(size: Int, budget: Int, cpus: Int = PossibleCPUs.end) {
    var shift = 0
    let most = max(1, budget / max(1, size))
    if Self.count(cpus, shift) > most {
      while Self.count(cpus, shift) > max(1, most / 2) { shift += 1 }
    }
    self.shift = shift
    count = Self.count(cpus, shift)
  }

  /// Has `object`, which is not loaded yet, keep the lanes of `map` (`LANE_ARRAY`).
  func set(_ map: String, in object: borrowing ProgramObject) throws(BPFError) {
    try object.setCapacity(map, count)
    try object.configure("lane_shift", UInt8(shift))
  }

  private static func count(_ cpus: Int, _ shift: Int) -> Int { max(1, (cpus - 1) >> shift + 1) }
}
