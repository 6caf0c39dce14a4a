package import Collecting
internal import Energy
internal import Glibc
internal import Host
internal import Logging

extension EnergyCollector: PeriodicCollector {
  package static let definition = CollectorDefinition<CollectorContext>(
    name: "energy", summary: "joules and watts of packages, memory, sensors, batteries and GPUs, and who used them",
    isOnByDefault: true,
    notes: """
      `source` says who measured: `perf` and `rapl` are the processor's own counters by the perf power PMU and by powercap,
      `hwmon` sensors of chips and boards, `battery` what a battery gave, `nvml` NVIDIA GPUs; `model` is no measurement but an
      estimate, made only with `--energy.model`. Several may show the same energy. The machine's is that of its packages, their
      dram and its GPUs, each from one source: perf before rapl, then the zones in `-mmio`, hwmon and the model. core and uncore
      are parts of packages; psys, and what has `package="machine"` (batteries, the ACPI power meter), contain them; what has
      `package="unknown"` has a meaning that only the board's maker knows. At start the log says of each zone what it was taken
      for. A GPU's `package` is its UUID.

      A sensor proves itself before it is believed: a counter is shown, chosen over another one, or divided, only once it has
      moved, and goes absent when it has stood still for five minutes, until it moves again. Where none moves,
      `collector_up` is 0 with `reason="absent"`, and the log and `wattprobe collectors` name the counter. Virtual machines on
      Intel's Sapphire and Emerald Rapids are the usual case: there the kernel's perf PMU offers `energy-psys`, which nobody
      counts for them.

      Counters are read every `--energy.interval`, and more often by itself where one could otherwise wrap unseen: at
      least twice in the time that its range takes at 4000 W. hwmon's counters do not tell their range: they are taken for 32 bits
      wide until they exceed that. Sensors of power are integrated over the time that really passed, by the trapezoid of two
      readings (a mean that the chip keeps: the mean, over the time up to it). A reading that fails leaves the window
      open, and the next covers it; but of a power sensor nothing is counted where readings are over 300 s apart. A battery is
      there only while it discharges; its level has steps (10 mWh are 36 J), so look at its rate over minutes. The model
      counts CPU time other than idle and stolen, context switches, packets (of physical devices, where there are
      any), and system calls where a collector counts them.

      """ + EnergyAttribution.notes,
    families: families + EnergyAttribution.families, after: ["syscalls"]
  ) { context throws(CollectorFailure) in
    let options = context.options.energy
    if let model = options.model, model.joulesPerSystemCall > 0, context.systemCalls == nil {
      context.logger.notice("joules_per_syscall of the energy model counts nothing: no collector counts system calls")
    }
    let collector = try EnergyCollector(
      paths: context.options.paths, now: MonotonicClock.now, logger: context.logger, options: options,
      activity: KernelActivity(paths: context.options.paths, systemCalls: context.systemCalls),
      calls: context.options.sensorCalls)
    for _ in 0..<5 where !collector.isProved {
      usleep(20_000)
      collector.prove(at: MonotonicClock.now)
    }
    collector.settle()
    collector.attribution = EnergyAttribution.starting(
      context, readings: collector.readings, basis: collector.basis ?? .measured)
    context.energy = collector
    return collector
  }

  package func sample(now: UInt64) { sample(at: now) }
}
