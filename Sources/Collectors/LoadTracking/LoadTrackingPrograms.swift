package import BPF
package import BPFPrograms
internal import Collecting

/// When a task is of which class, and how many are followed.
package struct LoadTrackingOptions: Sendable, Hashable {
  /// Length of a window, in nanoseconds.
  package var windowNanoseconds: UInt64 = 1_000_000_000
  /// Share of the window on the CPU from which on a task is CPU-bound.
  package var cpuBound = 0.8
  /// Share of the time asleep that is waiting for I/O from which on a task is I/O-bound.
  package var ioBound = 0.5
  /// Run time between two sleeps, on average, up to which a task is interactive.
  package var interactiveNanoseconds: UInt64 = 10_000_000
  /// Tasks there is room for.
  package var tasks = 16_384
  /// The only process to follow, for tests; 0: all.
  package var process: Int32 = 0

  package init() {}
}

/// The programs that follow each task's load signal.
package final class LoadTrackingPrograms: LoadedPrograms {
  package let cpus: MappedArray<loadtracking_cpu>
  private var object: ProgramObject

  package var collector: String { "loadtracking" }

  init(_ options: LoadTrackingOptions) throws(CollectorFailure) {
    do throws(BPFError) {
      var object = try ProgramObject("loadtracking")
      try object.setCapacity("loadtracking_cpus", PossibleCPUs.count)
      try object.setCapacity("load_tasks", options.tasks)
      try object.configure(
        loadtracking_config(
          window_ns: options.windowNanoseconds, interactive_ns: options.interactiveNanoseconds,
          cpu_bound: UInt32(options.cpuBound * 1024), io_bound: UInt32(options.ioBound * 1024),
          tgid: UInt32(options.process), unused: 0))
      try object.load()
      // before anything is kept of tasks there is what takes it away again
      try object.attach("sched_process_free")
      try object.attach("pelt_se_tp")
      cpus = try MappedArray("loadtracking_cpus", of: object)
      self.object = object
    } catch {
      throw Self.failure(error)
    }
  }

  /// A kernel may have all that the other collectors ask for and not this.
  static func failure(_ error: BPFError) -> CollectorFailure {
    let failure = CollectorFailure(error)
    guard failure.reason == .hook else { return failure }
    return CollectorFailure(
      .hook, failure.message, cure: "use kernel 5.12 or later, which let programs at the tracepoint pelt_se_tp")
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("load_tasks", "full", cpus.sum(offset: MemoryLayout<loadtracking_cpu>.offset(of: \.lost)!))]
  }

  /// Whether PELT's clock has been seen to run slower than time.
  var isScaled: Bool { cpus.sum(offset: MemoryLayout<loadtracking_cpu>.offset(of: \.scaled)!) > 0 }
}
