internal import Energy
internal import Exposition

extension ProcessCollector {
  private static let energy = Family(
    "process_energy_joules", .counter, unit: "joules", labels: identity + ["source"],
    help: "Energy attributed to the process: its part of the active energy of packages, memory and GPUs.")
  private static let power = Family(
    "process_power_watts", .gauge, unit: "watts", labels: identity + ["source"],
    help: "Mean power of the process in the last window; absent while a zone cannot be read.")
  private static let window = Family(
    "process_window_joules", .gauge, unit: "joules", labels: identity + ["source"],
    help: "Energy attributed to the process in the last window; absent while a zone cannot be read.")

  static let energyFamilies = [energy, power, window]

  /// What processes used of the measured energy; nothing where none is attributed.
  func writeEnergy(_ tables: TaskTables, to writer: inout SampleWriter) {
    guard let ledger = tables.energy, ledger.isAttributing else { return }
    let table = tables.processes
    writer.begin(Self.energy)
    write(tables, to: &writer, other: { $0.micro(table.otherEnergy.total) }) { $0.micro($1.energy.total) }
    guard ledger.hasWindow else { return }
    writer.begin(Self.power)
    write(tables, to: &writer, other: { $0.double(table.otherShare.watts.total) }) { $0.double($1.share.watts.total) }
    writer.begin(Self.window)
    write(tables, to: &writer, other: { $0.micro(table.otherShare.microjoules.total) }) {
      $0.micro($1.share.microjoules.total)
    }
  }

  private func write(
    _ tables: TaskTables, to writer: inout SampleWriter, other: (inout SampleWriter) -> Void,
    each: (inout SampleWriter, borrowing ProcessSeries) -> Void
  ) {
    let basis = tables.energy?.basis ?? .measured
    let table = tables.processes
    for index in table.series.indices where table.series[index].leaf >= 0 {
      writer.labels(table.series[index].labels)
      writer.labelSource(basis)
      each(&writer, table.series[index])
    }
    writer.label("pid", "other")
    writer.labelSource(basis)
    other(&writer)
  }
}
