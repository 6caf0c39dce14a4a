internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host

/// How well PELT's signals tell the run time tasks really have.
package final class LoadTrackingCollector: Collector {
  private static let estimated = Family(
    "load_tracking_estimated_seconds", .counter, unit: "seconds", labels: ["class", "signal"],
    help:
      "Run time that the signal promised over time: the area under util_avg, or under the higher of util_avg and util_est, in windows that are over."
  )
  private static let actual = Family(
    "load_tracking_actual_seconds", .counter, unit: "seconds", labels: ["class", "signal"],
    help: "Run time that tasks had in the same windows.")
  private static let error = Family(
    "load_tracking_error_ratio", .histogram, unit: "ratio", labels: ["class", "signal", "direction"],
    help:
      "By how much a window's estimate was off, relative to its run time: the mean of util_avg in it, and what util_est predicted at the last wakeup before it."
  )
  private static let convergence = Family(
    "load_tracking_convergence_seconds", .histogram, unit: "seconds", labels: ["class", "step"],
    help: "Time util_avg took after a step of load until within a tenth of the step of the new level.")
  private static let unconverged = Family(
    "load_tracking_unconverged", .counter, labels: ["class", "step"],
    help: "Steps of load that util_avg did not reach within a second, or before the load changed again.")
  private static let tracking = Family(
    "load_tracking", .info, labels: ["invariance"],
    help:
      "What PELT allows for by running its clock slower: frequency or capacity (the signals then tell work at full speed, not time), none, or unknown."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "loadtracking", summary: "PELT's util_avg and util_est against the run time tasks had", isOnByDefault: false,
    notes: """
      Each task of the fair class is followed in windows of `--loadtracking.window`, which end at its first event after
      that time; of a longer sleep only the window's length counts. The estimate is the signal **averaged over time**,
      between the kernel's updates in closed form: read at switch-out alone it would be up to its saw-tooth too high (16 %
      for 5 ms in every 20). `actual` less `estimated` of `util_avg` is what the signal misses; that of `util_est`, which
      keeps the peak at which a task last slept, shows how generous the scheduler is at wakeups.

      A window's class is what the task did in it: `cpu_bound` if it ran for `--loadtracking.cpu-bound` of it or more;
      else `io_bound` if `--loadtracking.io-bound` or more of its sleep was waiting for I/O (in io_schedule(), or
      uninterruptible); else `interactive` if it ran no longer than `--loadtracking.interactive` between two sleeps, on
      average; else `bursty`.

      A step of load is a change by a quarter of a CPU or more between two levels that each last; its class is that of the
      first window behind it. PELT's half-life is 32 ms, so it is within a tenth after about 110 ms. Tasks that sleep for
      more than a quarter of a second at a time have no level.

      `wattprobe_load_tracking_info` says whether the signals are scaled by frequency or capacity: if they are, a task on a
      slow CPU is estimated *under* its run time, rightly. It is seen from PELT's clock, so it is `unknown` until a CPU
      was seen below its highest frequency; x86 CPUs without APERF/MPERF have none.
      """,
    families: [estimated, actual, error, convergence, unconverged, tracking]
  ) { context throws(CollectorFailure) in
    let programs = try LoadTrackingPrograms(context.options.loadTracking)
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
  private var histogram = KernelHistogram()

  private init(_ programs: LoadTrackingPrograms, paths: HostPaths) {
    self.programs = programs
    machine = FrequencyScaling(paths: paths)
  }

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
