internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// How well PELT's signals tell the run time tasks really have.
package final class LoadTrackingCollector: SheddableCollector {
  private static let estimated = Family(
    "load_tracking_estimated_seconds", .counter, unit: "seconds", labels: ["class", "signal"],
    help:
      "Run time that the signal predicted: the area under util_avg, or under the higher of util_avg and util_est, in completed windows."
  )
  private static let actual = Family(
    "load_tracking_actual_seconds", .counter, unit: "seconds", labels: ["class", "signal"],
    help: "Run time that tasks really had in the same windows.")
  private static let error = Family(
    "load_tracking_error_ratio", .histogram, unit: "ratio", labels: ["class", "signal", "direction"],
    help:
      "Relative error of a window's estimate, of its run time: of the mean of util_avg in it, and of util_est at the last wakeup before it."
  )
  private static let convergence = Family(
    "load_tracking_convergence_seconds", .histogram, unit: "seconds", labels: ["class", "step"],
    help: "Time that util_avg took after a step of load to come within a tenth of the step of its new level.")
  private static let unconverged = Family(
    "load_tracking_unconverged", .counter, labels: ["class", "step"],
    help: "Steps of load that util_avg did not reach within a second, or before the load changed again.")
  private static let tracking = Family(
    "load_tracking", .info, labels: ["invariance"],
    help:
      "Whether PELT scales its signals by frequency or capacity (they then tell work at full speed, not time), by none, or unknown."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "loadtracking", summary: "the scheduler's load tracking (PELT) compared with the real run time of tasks",
    isOnByDefault: false,
    notes: """
      Each task of the fair class is observed in windows of `--loadtracking.window`. A window ends at the first
      event of the task after that time; of a longer sleep only the length of the window counts. The estimate is
      the signal **averaged over time**, computed in closed form between the kernel's updates: read when the task
      is switched out, it would be too high by up to its saw-tooth (16 % for 5 ms in every 20). The difference
      between `actual` and `estimated` of `util_avg` is what the signal misses. That of `util_est`, which keeps
      the peak at which a task last slept, shows how generous the scheduler is at wakeups.

      The class of a window is what the task did in it: `cpu_bound` if it ran for at least
      `--loadtracking.cpu-bound` of it; else `io_bound` if at least `--loadtracking.io-bound` of its sleep was
      waiting for I/O (in io_schedule(), or uninterruptible); else `interactive` if it ran for at most
      `--loadtracking.interactive` between two sleeps, on average; else `bursty`.

      A step of load is a change by at least a quarter of a CPU between two levels that each last. Its class is
      that of the first window after it. The half-life of PELT is 32 ms, so the signal comes within a tenth of the
      step after about 110 ms. Tasks that sleep for more than a quarter of a second at a time have no level.

      `wattprobe_load_tracking_info` says whether the signals are scaled by frequency or capacity. If they are, a
      task on a slow CPU is estimated *below* its run time, and rightly so. This is found out from PELT's clock,
      so it is `unknown` until a CPU was seen below its highest frequency; on x86 CPUs without APERF/MPERF it
      stays so.
      """,
    families: [estimated, actual, error, convergence, unconverged, tracking], isIndependent: true
  ) { context throws(CollectorFailure) in
    let programs = try LoadTrackingPrograms(context.options)
    context.kernel.register(programs)
    return LoadTrackingCollector(programs, paths: context.options.paths)
  }

  private static let classes = ["cpu_bound", "io_bound", "bursty", "interactive"]
  private static let signals = ["util_avg", "util_est"]
  private static let directions = ["over", "under"]
  private static let steps = ["up", "down"]
  /// 0.4 % to 16 times.
  private static let errors = HistogramLayout(lowest: -8, highest: 4)
  /// 31 ms to 1 s.
  private static let times = HistogramLayout(lowest: -5, highest: 0)

  private let programs: LoadTrackingPrograms
  private let machine: FrequencyScaling
  private var histogram: KernelHistogram

  private init(_ programs: LoadTrackingPrograms, paths: HostPaths) {
    self.programs = programs
    histogram = KernelHistogram(of: programs.cpus)
    machine = FrequencyScaling(paths: paths)
  }

  package var canBeShed: Bool { true }
  package func shed() { programs.detach() }
  package func comeBack() throws(CollectorFailure) { try programs.restart() }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let sums = MemoryLayout<LoadClassSums>.self
    writer.begin(Self.estimated)
    forEachSignal { name, signal, signalIndex, base in
      writer.label("class", name)
      writer.label("signal", signal)
      writer.nanoseconds(programs.cpus.sum(offset: base + sums.offset(of: \.estimated_ns)! + signalIndex * 8))
    }
    writer.begin(Self.actual)
    forEachSignal { name, signal, _, base in
      writer.label("class", name)
      writer.label("signal", signal)
      writer.nanoseconds(programs.cpus.sum(offset: base + sums.offset(of: \.actual_ns)!))
    }
    writer.begin(Self.error)
    forEachSignal { name, signal, signalIndex, base in
      for (index, direction) in Self.directions.enumerated() {
        let place = (signalIndex * Self.directions.count + index) * MemoryLayout<HistogramSlots>.stride
        writer.label("class", name)
        writer.label("signal", signal)
        writer.label("direction", direction)
        histogram.write(
          programs.cpus, offset: base + sums.offset(of: \.errors)! + place, layout: Self.errors, to: &writer)
      }
    }
    writer.begin(Self.convergence)
    forEachStep { name, step, stepIndex, base in
      let place = stepIndex * MemoryLayout<HistogramSlots>.stride
      writer.label("class", name)
      writer.label("step", step)
      histogram.write(
        programs.cpus, offset: base + sums.offset(of: \.convergence)! + place, layout: Self.times, to: &writer)
    }
    writer.begin(Self.unconverged)
    forEachStep { name, step, stepIndex, base in
      writer.label("class", name)
      writer.label("step", step)
      writer.unsigned(programs.cpus.sum(offset: base + sums.offset(of: \.unconverged)! + stepIndex * 8))
    }
    writer.begin(Self.tracking)
    writer.label("invariance", machine.invariance(isScaled: programs.isScaled).rawValue)
    writer.unsigned(1)
  }

  /// Every class and signal, with the place of the class' sums in a CPU's element.
  private func forEachSignal(_ body: (String, String, Int, Int) -> Void) {
    for (index, name) in Self.classes.enumerated() {
      for (signalIndex, signal) in Self.signals.enumerated() {
        body(name, signal, signalIndex, index * MemoryLayout<LoadClassSums>.stride)
      }
    }
  }

  private func forEachStep(_ body: (String, String, Int, Int) -> Void) {
    for (index, name) in Self.classes.enumerated() {
      for (stepIndex, step) in Self.steps.enumerated() {
        body(name, step, stepIndex, index * MemoryLayout<LoadClassSums>.stride)
      }
    }
  }
}
