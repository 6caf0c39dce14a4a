import ArgumentParser
import Collectors

/// What the commands that start collectors have in common: a group an area.
struct CollectingArguments: ParsableArguments {
  @Flag(name: .customLong("collector.disable-defaults"), help: "Switch all collectors off but those asked for.")
  var disableDefaults = false

  @OptionGroup var path: PathArguments
  @OptionGroup var process: ProcessArguments
  @OptionGroup var cgroup: CgroupArguments
  @OptionGroup var scheduler: SchedulerArguments
  @OptionGroup var irq: IRQArguments
  @OptionGroup var syscalls: SyscallArguments
  @OptionGroup var block: BlockArguments
  @OptionGroup var network: NetworkArguments
  @OptionGroup var kmem: KmemArguments
  @OptionGroup var loadTracking: LoadTrackingArguments
  @OptionGroup var energy: EnergyArguments
  @OptionGroup var compat: CompatArguments

  private var areas: [any CollectorArguments] {
    [process, cgroup, scheduler, irq, syscalls, block, network, kmem, loadTracking, energy, compat]
  }

  /// The options, with the collectors that `choice` leaves on.
  func options(_ choice: CollectorChoice) throws -> CollectorOptions {
    var options = CollectorOptions()
    options.enabled = choice.enabled(
      disableDefaults: disableDefaults, implied: compat.exporters == nil ? [] : ["compat"])
    options.paths = try path.paths()
    for area in areas { try area.apply(to: &options) }
    if options.enabled.isEmpty {
      throw StartError("all collectors are switched off", cure: "give --collector.<name> for one at least")
    }
    return options
  }
}
