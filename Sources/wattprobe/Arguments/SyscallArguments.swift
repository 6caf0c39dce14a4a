import ArgumentParser
import Collectors

/// What is kept of system calls.
struct SyscallArguments: CollectorArguments {
  @Option(
    name: .customLong("syscalls.histograms"),
    help: ArgumentHelp(
      "Keep a histogram of durations for each category of system calls, or for each system call.", valueName: "what"))
  var histograms = Histograms.category

  /// What a histogram of durations is of.
  enum Histograms: String, ExpressibleByArgument, CaseIterable {
    case category, syscall
  }

  func apply(to options: inout CollectorOptions) { options.syscalls.hasHistogramsBySyscall = histograms == .syscall }
}
