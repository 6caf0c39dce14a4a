import ArgumentParser
import Collectors

/// Windows and classes of the loadtracking collector.
struct LoadTrackingArguments: ParsableArguments {
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

  var options: LoadTrackingOptions {
    var options = LoadTrackingOptions()
    options.windowNanoseconds = window.nanoseconds
    options.cpuBound = cpuBound
    options.ioBound = ioBound
    options.interactiveNanoseconds = interactive.nanoseconds
    options.tasks = tasks
    return options
  }

  func validate() throws {
    guard (100_000_000...60_000_000_000).contains(window.nanoseconds) else {
      throw ValidationError("--loadtracking.window \(window): give a time from 100ms to 60s")
    }
    for (name, ratio) in [("cpu-bound", cpuBound), ("io-bound", ioBound)] {
      guard ratio >= 0.001 && ratio <= 1 else {
        throw ValidationError("--loadtracking.\(name) \(ratio): give a ratio from 0.001 to 1")
      }
    }
    guard interactive.nanoseconds <= 60_000_000_000 else {
      throw ValidationError("--loadtracking.interactive \(interactive): give a time of at most 60s")
    }
    guard (1024...4_194_304).contains(tasks) else {
      throw ValidationError("--loadtracking.tasks \(tasks): give a number from 1024 to 4194304")
    }
  }
}
