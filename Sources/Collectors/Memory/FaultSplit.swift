internal import Energy
internal import Host

/// Page faults by kind and mode, from the kernel's own totals (`/proc/vmstat`) and perf's counts by mode.
///
/// Neither knows it all. The totals have no mode. perf has, but leaves out what `get_user_pages()` faults in, which is the
/// kernel's; and it takes a fault for major that waited for a page another one had asked for, as `maj_flt` does. So the
/// sums over the modes are always those of `/proc/vmstat`, and what perf counted as user's is the user's.
struct FaultSplit {
  struct Observation {
    let totals: PageFaultStatistics
    let byMode: PageFaultCounters.Counts
  }

  private(set) var userMinor: UInt64 = 0
  private(set) var userMajor: UInt64 = 0
  private(set) var kernelMinor: UInt64 = 0
  private(set) var kernelMajor: UInt64 = 0
  private var last: Observation
  /// The user's minor faults that are not in the totals yet: the two are read one after the other.
  private var ahead: UInt64 = 0

  /// Counts from `start` on.
  init(from start: Observation) { last = start }

  /// Adds what happened since the observation before.
  mutating func advance(to now: Observation) {
    let all = now.totals.total.subtracting(last.totals.total)
    let major = min(all, now.totals.major.subtracting(last.totals.major))
    let user =
      now.byMode.userMinor.subtracting(last.byMode.userMinor) + now.byMode.userMajor.subtracting(last.byMode.userMajor)
    let byKernel = min(major, now.byMode.kernelMajor.subtracting(last.byMode.kernelMajor))
    let byUser = min(major - byKernel, now.byMode.userMajor.subtracting(last.byMode.userMajor))
    let minor = ahead + user - byUser
    let minorByUser = min(all - major, minor)
    ahead = minor - minorByUser
    userMajor += byUser
    kernelMajor += major - byUser
    userMinor += minorByUser
    kernelMinor += all - major - minorByUser
    last = now
  }
}
