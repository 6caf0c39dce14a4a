package import Collecting
package import Exposition

/// Every collector there is: one line each.
package enum Registry {
  package static let collectors: [CollectorDefinition<CollectorContext>] = [
    SchedCollector.definition,
    CPUCollector.definition,
    PMUCollector.definition,
    ExitsCollector.definition,
    SyscallsCollector.definition,
    FaultsCollector.definition,
    ProcessCollector.definition,
    CgroupCollector.definition,
    NetCollector.definition,
    TCPCollector.definition,
    IRQCollector.definition,
    KmemCollector.definition,
    LocksCollector.definition,
    PagecacheCollector.definition,
    BlockCollector.definition,
    SignalsCollector.definition,
    LoadTrackingCollector.definition,
    EnergyCollector.definition,
    CompatCollector.definition,
    BPFCollector.definition,
  ]

  /// Every family the program can show, its own among them.
  package static var families: [Family] {
    collectors.flatMap(\.families) + ProgramCollector.families + CollectorSet.families
  }
}
