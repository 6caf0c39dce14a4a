internal import BPF
internal import Collecting
internal import Host

/// Page faults as the kernel counts them itself, since this was made.
final class KernelFaultCounts {
  private let paths: HostPaths
  private var counters: PageFaultCounters
  private var split: FaultSplit
  private let scheduler: SchedulerPrograms?
  private var sleeping = SleepingCPUs()

  /// - Parameter scheduler: knows which CPUs need not be woken; nil: all are read.
  init(
    paths: HostPaths, scheduler: SchedulerPrograms?, open: @escaping PageFaultCounters.Open
  ) throws(CollectorFailure) {
    self.paths = paths
    self.scheduler = scheduler
    do throws(SystemError) {
      counters = try PageFaultCounters(cpus: PossibleCPUs.end, open: open)
    } catch {
      let isPermission = HostError.system(error).isPermission
      throw CollectorFailure(
        isPermission ? .permission : .hook, error.description,
        cure: isPermission
          ? "run as root or grant CAP_PERFMON, with kernel.perf_event_paranoid at most 2"
          : "use a kernel with perf events, or one that takes fentry programs")
    }
    split = FaultSplit(from: try Self.observe(&counters, paths: paths) { $0 })
  }

  /// The faults so far.
  func read() throws(CollectorFailure) -> FaultSplit {
    // an idle task has no faults of user mode, nor any that wait for storage
    let awake = { [self] (online: [Int]) in sleeping.awake(of: online) { scheduler?.time(of: $0) } }
    split.advance(to: try Self.observe(&counters, paths: paths, awake: awake))
    return split
  }

  private static func observe(
    _ counters: inout PageFaultCounters, paths: HostPaths, awake: ([Int]) -> [Int]
  ) throws(CollectorFailure) -> FaultSplit.Observation {
    do throws(HostError) {
      let online = try CPUList.read(paths.sys("devices/system/cpu/online"))
      let byMode: PageFaultCounters.Counts
      do throws(SystemError) { byMode = try counters.read(online: awake(online)) } catch { throw .system(error) }
      // the user's share first: what happens in between is in the totals alone, as it will be next time
      return FaultSplit.Observation(totals: try PageFaultStatistics(paths: paths), byMode: byMode)
    } catch {
      throw CollectorFailure(reading: error)
    }
  }
}
