package import Collecting
package import Exposition
internal import Energy
internal import Host

/// The energy figures once more, under the names that other exporters use.
package final class CompatCollector: Collector {
  package static let definition = CollectorDefinition<CollectorContext>(
    name: "compat", summary: "energy under the metric names of Kepler, Scaphandre and node_exporter",
    isOnByDefault: false,
    notes: """
      `--compat kepler,scaphandre,node` names the exporters that are wanted, and switches the collector on: see
      [moving.md](moving.md). The figures are those of the native families at the same moment, to the last digit, so never
      add the two up. Processes and control groups are those that have series of their own. They have the label `cgroup`
      beside those of the other exporter, since without it two of them might have the same labels. `pid="other"` is all other
      processes. Counters begin at 0 as wattprobe starts, and do not wrap. node_exporter names its families after powercap's
      zones, so processors with several dies have more of them, such as `node_rapl_package_0_die_1_joules_total`. Where the
      energy is estimated (`--energy.model`), the labels of Kepler and Scaphandre have `source="model"`, too.
      """,
    families: KeplerFamilies.families + ScaphandreFamilies.families + NodeExporterFamilies.families,
    after: ["energy", "process", "cgroup"]
  ) { context throws(CollectorFailure) in
    guard let energy = context.energy else {
      throw CollectorFailure(
        .absent, "the energy collector does not run",
        cure: "leave it on (--collector.energy), and see what it lacks itself")
    }
    return CompatCollector(context, energy: energy)
  }

  private let energy: EnergyCollector
  /// Nil where nobody knows who runs: zones are shown all the same.
  private let tasks: TaskPasses?
  private let enabled: Set<String>
  private let exporters: [any CompatibleFamilies]

  private init(_ context: CollectorContext, energy: EnergyCollector) {
    self.energy = energy
    // what it lacks is the energy collector's to report
    tasks = try? context.kernel.tasks()
    enabled = context.options.enabled
    let paths = context.options.paths
    exporters = CompatibleExporter.allCases.filter(context.options.compat.exporters.contains).map { exporter in
      switch exporter {
      case .kepler: KeplerFamilies(processors: (try? Processor.list(paths: paths)) ?? [], host: Kernel.hostName)
      case .scaphandre: ScaphandreFamilies()
      case .node: NodeExporterFamilies()
      }
    }
  }

  /// Shows what the other collectors show in this scrape: it makes no pass of its own.
  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    try tasks?.check()
    tasks?.showEnergyOfProcesses()
    tasks?.showEnergyOfGroups()
    let figures = EnergyFigures(
      readings: energy.readings, tables: tasks?.tables, hasProcesses: enabled.contains("process"),
      basis: energy.basis ?? .measured)
    for exporter in exporters { exporter.write(figures, to: &writer) }
  }
}
