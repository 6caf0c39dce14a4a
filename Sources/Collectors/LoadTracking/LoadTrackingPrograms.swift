package import BPF
package import BPFPrograms
internal import Collecting

/// The programs that follow each task's load signal.
package final class LoadTrackingPrograms: RestartablePrograms {
  package let cpus: MappedArray<LoadTrackingPerCPU>
  private var object: ProgramObject

  package var collector: String { "loadtracking" }

  init(_ chosen: CollectorOptions) throws(CollectorFailure) {
    let options = chosen.loadTracking
    do throws(BPFError) {
      var object = try ProgramObject("loadtracking")
      try object.setCapacity("loadtracking_cpus", PossibleCPUs.end)
      try object.setCapacity("load_tasks", options.tasks)
      try object.configure(
        LoadTrackingConfig(
          window_ns: options.windowNanoseconds, interactive_ns: options.interactiveNanoseconds,
          cpu_bound: UInt32(options.cpuBound * 1024), io_bound: UInt32(options.ioBound * 1024),
          tgid: UInt32(options.process), unused: 0))
      if chosen.hasFineHistograms { try object.refine("loadtracking_cpus") }
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
      .hook, failure.message, cure: "use kernel 5.12 or later, which lets programs attach to the tracepoint pelt_se_tp")
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("load_tasks", "full", cpus.sum(offset: MemoryLayout<LoadTrackingPerCPU>.offset(of: \.lost)!))]
  }

  /// Whether PELT's clock has been seen to run slower than time.
  var isScaled: Bool { cpus.sum(offset: MemoryLayout<LoadTrackingPerCPU>.offset(of: \.scaled)!) > 0 }
}
