internal import Energy
internal import Exposition

/// What the node as a whole used.
extension KeplerFamilies {
  func writeZones(_ figures: EnergyFigures, to writer: inout SampleWriter) {
    let zones = figures.distinct.filter { $0.path != nil }
    write(
      Self.node, active: Self.active, idle: Self.idle, zones.filter { $0.zone.domain.raplName != nil }, figures.ledger,
      to: &writer
    ) { zone, writer in
      writer.label("node_name", self.host)
      // beside a model there may be sensors
      writer.labelSource(zone.zone.source == .model ? .model : .measured)
      writer.label("zone", zone.zone.domain.raplName ?? "")
      writer.label("path", zone.folder ?? "")
    }
    write(
      Self.gpu, active: Self.gpuActive, idle: Self.gpuIdle, zones.filter { $0.zone.domain == .gpu }, figures.ledger,
      to: &writer
    ) { zone, writer in
      writer.label("node_name", self.host)
      writer.label("gpu", String(zone.labels.zone.drop { $0 != "-" }.dropFirst()))
      writer.label("gpu_uuid", zone.labels.package)
      writer.label("vendor", "nvidia")
    }
  }

  private func write(
    _ all: Pair, active: Pair, idle: Pair, _ zones: [EnergyReading], _ ledger: EnergyLedger?,
    to writer: inout SampleWriter, label: (EnergyReading, inout SampleWriter) -> Void
  ) {
    func joules(_ family: Family, _ value: (EnergyReading) -> UInt64?) {
      writer.begin(family)
      for zone in zones {
        guard let value = value(zone) else { continue }
        label(zone, &writer)
        writer.started(at: zone.startedAt)
        writer.micro(value)
      }
    }
    func watts(_ family: Family, _ window: (EnergyReading) -> EnergyWindow?) {
      writer.begin(family)
      for zone in zones {
        guard let window = window(zone) else { continue }
        label(zone, &writer)
        writer.double(window.watts)
      }
    }
    joules(all.joules) { $0.total }
    watts(all.watts) { $0.window }
    // of zones that lie in others nothing is known but what they measure
    joules(active.joules) { ledger?.sums(of: $0.labels)?.active }
    watts(active.watts) { ledger?.sums(of: $0.labels)?.activeWindow }
    joules(idle.joules) { ledger?.sums(of: $0.labels)?.idle }
    watts(idle.watts) { ledger?.sums(of: $0.labels)?.idleWindow }
  }
}
