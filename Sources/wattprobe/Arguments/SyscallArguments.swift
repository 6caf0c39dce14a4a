import ArgumentParser
import Collectors

/// What is kept of system calls.
struct SyscallArguments: CollectorArguments {
  @Option(
    name: .customLong("syscalls.timing"),
    help: ArgumentHelp(
      "Time no system calls, those that begin in short windows at random, about one in a hundred, or all. Counts and errors are of all calls in any case.",
      valueName: "which"))
  var timing = SyscallOptions.Timing.sampled

  @Option(
    name: .customLong("syscalls.histograms"),
    help: ArgumentHelp(
      "Keep a histogram of durations for each category of system calls, or for each system call.", valueName: "what"))
  var histograms = Histograms.category

  /// What a histogram of durations is of.
  enum Histograms: String, ExpressibleByArgument, CaseIterable {
    case category, syscall
  }

  func apply(to options: inout CollectorOptions) {
    options.syscalls.timing = timing
    options.syscalls.hasHistogramsBySyscall = histograms == .syscall
  }
}

extension SyscallOptions.Timing: ExpressibleByArgument {}
