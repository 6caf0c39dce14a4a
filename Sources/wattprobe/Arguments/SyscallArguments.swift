import ArgumentParser
import Collectors

/// What is kept of system calls.
struct SyscallArguments: CollectorArguments {
  @Option(
    name: .customLong("syscalls.histograms"),
    help: ArgumentHelp(
      "Whether a histogram of durations is of a category of calls, or of each call.", valueName: "what"))
  var histograms = Histograms.category

  /// What a histogram of durations is of.
  enum Histograms: String, ExpressibleByArgument, CaseIterable {
    case category, syscall
  }

  func apply(to options: inout CollectorOptions) { options.syscalls.hasHistogramsBySyscall = histograms == .syscall }
}
