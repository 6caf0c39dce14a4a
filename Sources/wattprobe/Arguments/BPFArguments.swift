import ArgumentParser
import Collectors

/// How many eBPF programs of the machine the bpf collector shows.
struct BPFArguments: CollectorArguments {
  @Option(
    name: .customLong("bpf.programs"),
    help: ArgumentHelp(
      "How many eBPF programs of the machine have series of their own; all others are summed in id=\"other\".",
      valueName: "count"))
  var programs = BPFOptions().programs

  func validate() throws { try Bounds.check("bpf.programs", programs, in: 0...10_000) }

  func apply(to options: inout CollectorOptions) { options.bpf.programs = programs }
}
