internal import Energy
internal import Exposition

extension CgroupCollector {
  static let energy = Family(
    "cgroup_energy_joules", .counter, unit: "joules", labels: identity + ["source"],
    help:
      "Energy attributed to the processes of the control group itself, without groups below it.")

  func writeEnergy(_ tasks: TaskPasses, to writer: inout SampleWriter) {
    guard let ledger = tasks.energy, ledger.isAttributing, let table = tasks.groups else { return }
    writer.begin(Self.energy)
    for one in table.series {
      writer.labels(one.labels)
      writer.labelSource(ledger.basis)
      writer.micro(one.energy.total)
    }
    writer.label("cgroup", "other")
    writer.labelSource(ledger.basis)
    writer.micro(table.otherEnergy.total)
  }
}
