import ArgumentParser
import Collectors

/// Windows and classes of the loadtracking collector.
struct LoadTrackingArguments: CollectorArguments {
  private static let defaults = LoadTrackingOptions()

  @Option(
    name: .customLong("loadtracking.window"),
    help: ArgumentHelp(
      "Length of the windows in which estimate and run time are compared. (default: 1s)", valueName: "time"),
    transform: DurationArgument.parse)
  var window = DurationArgument(nanoseconds: defaults.windowNanoseconds)

  @Option(
    name: .customLong("loadtracking.cpu-bound"),
    help: ArgumentHelp("A task that runs for at least this share of a window is cpu_bound.", valueName: "ratio"))
  var cpuBound = defaults.cpuBound

  @Option(
    name: .customLong("loadtracking.io-bound"),
    help: ArgumentHelp("A task that waits for I/O in at least this share of its sleep is io_bound.", valueName: "ratio")
  )
  var ioBound = defaults.ioBound

  @Option(
    name: .customLong("loadtracking.interactive"),
    help: ArgumentHelp(
      "A task that runs at most this long between two sleeps, on average, is interactive. (default: 10ms)",
      valueName: "time"),
    transform: DurationArgument.parse)
  var interactive = DurationArgument(nanoseconds: defaults.interactiveNanoseconds)

  @Option(
    name: .customLong("loadtracking.tasks"),
    help: ArgumentHelp("Tasks that can be followed at once.", valueName: "count"))
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
