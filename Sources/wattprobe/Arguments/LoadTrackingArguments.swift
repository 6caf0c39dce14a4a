import ArgumentParser
import Collectors

/// Windows and classes of the loadtracking collector.
struct LoadTrackingArguments: CollectorArguments {
  private static let defaults = LoadTrackingOptions()

  @Option(
    name: .customLong("loadtracking.window"),
    help: ArgumentHelp("Length of the windows tasks are compared in. (default: 1s)", valueName: "time"),
    transform: DurationArgument.parse)
  var window = DurationArgument(nanoseconds: defaults.windowNanoseconds)

  @Option(
    name: .customLong("loadtracking.cpu-bound"),
    help: ArgumentHelp("Share of a window on the CPU from which on a task is cpu_bound.", valueName: "ratio"))
  var cpuBound = defaults.cpuBound

  @Option(
    name: .customLong("loadtracking.io-bound"),
    help: ArgumentHelp("Share of its sleep waiting for I/O from which on a task is io_bound.", valueName: "ratio"))
  var ioBound = defaults.ioBound

  @Option(
    name: .customLong("loadtracking.interactive"),
    help: ArgumentHelp(
      "Mean run time between two sleeps up to which a task is interactive. (default: 10ms)", valueName: "time"),
    transform: DurationArgument.parse)
  var interactive = DurationArgument(nanoseconds: defaults.interactiveNanoseconds)

  @Option(
    name: .customLong("loadtracking.tasks"), help: ArgumentHelp("Tasks there is room for.", valueName: "count"))
  var tasks = defaults.tasks

  func validate() throws {
    try Bounds.check("loadtracking.window", window, in: .milliseconds(100)...(.seconds(60)), is: "time")
    try Bounds.check("loadtracking.cpu-bound", cpuBound, in: 0.001...1, is: "ratio")
    try Bounds.check("loadtracking.io-bound", ioBound, in: 0.001...1, is: "ratio")
    try Bounds.check("loadtracking.interactive", interactive, in: .milliseconds(1)...(.seconds(60)), is: "time")
    try Bounds.check("loadtracking.tasks", tasks, in: 1024...4_194_304)
  }

  func apply(to options: inout CollectorOptions) {
    options.loadTracking.windowNanoseconds = window.nanoseconds
    options.loadTracking.cpuBound = cpuBound
    options.loadTracking.ioBound = ioBound
    options.loadTracking.interactiveNanoseconds = interactive.nanoseconds
    options.loadTracking.tasks = tasks
  }
}
