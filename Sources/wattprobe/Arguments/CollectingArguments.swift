import ArgumentParser
import Collectors

/// What the commands that start collectors have in common: a group an area.
struct CollectingArguments: ParsableArguments {
  @OptionGroup(title: "Collectors") var collectors: CollectorFlags
  @OptionGroup(title: "Processes and control groups") var process: ProcessArguments
  @OptionGroup(title: "Processes and control groups") var cgroup: CgroupArguments
  @OptionGroup(title: "Energy") var energy: EnergyArguments
  @OptionGroup(title: "Energy") var compat: CompatArguments
  @OptionGroup(title: "Other collectors") var scheduler: SchedulerArguments
  @OptionGroup(title: "Other collectors") var syscalls: SyscallArguments
  @OptionGroup(title: "Other collectors") var network: NetworkArguments
  @OptionGroup(title: "Other collectors") var irq: IRQArguments
  @OptionGroup(title: "Other collectors") var kmem: KmemArguments
  @OptionGroup(title: "Other collectors") var block: BlockArguments
  @OptionGroup(title: "Other collectors") var loadTracking: LoadTrackingArguments
  @OptionGroup(title: "Other collectors") var bpf: BPFArguments
  @OptionGroup(title: "Host") var path: PathArguments

  private var areas: [any CollectorArguments] {
    [process, cgroup, energy, compat, scheduler, syscalls, network, irq, kmem, block, loadTracking, bpf]
  }

  func options() throws -> CollectorOptions {
    var options = CollectorOptions()
    options.enabled = collectors.enabled(implied: compat.exporters == nil ? [] : ["compat"])
    options.paths = try path.paths()
    for area in areas { try area.apply(to: &options) }
    if options.enabled.isEmpty {
      throw StartError("all collectors are switched off", cure: "switch at least one on, with --collector.<name>")
    }
    return options
  }
}
