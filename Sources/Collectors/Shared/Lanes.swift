internal import BPF

/// How counters that are many for each CPU are kept where CPUs are many: neighbours share a lane of them, so that the
/// memory does not grow with the machine. Neighbours have a cache in common.
///
/// Where a lane is one CPU's, what a single program writes needs no atomic additions.
struct Lanes: Equatable {
  /// The number of a CPU without so many of its last bits is that of its lane.
  let shift: Int
  let count: Int

  /// As many lanes as `budget` bytes hold, of `size` bytes each, and no more than there are CPUs; at least one.
  init(size: Int, budget: Int, cpus: Int = PossibleCPUs.end) {
    var shift = 0
    while Self.count(cpus, shift) > max(1, budget / max(1, size)) { shift += 1 }
    self.shift = shift
    count = Self.count(cpus, shift)
  }

  private static func count(_ cpus: Int, _ shift: Int) -> Int { max(1, (cpus - 1) >> shift + 1) }
}
