internal import JSONText

/// The figures behind a report as JSON, for other programs: docs/recording.md says what is in it.
package enum ReportJSON {
  /// One line.
  package static func text(_ recordings: [Figures]) -> String {
    var members: [(String, JSON)] = [("recordings", .array(recordings.map(json)))]
    if recordings.count > 1 { members.append(("comparison", .array(Comparison(recordings).rows.map(json)))) }
    return JSON.object(members).compactText + "\n"
  }

  private static func json(_ figures: Figures) -> JSON {
    .object([
      ("name", .text(figures.name)),
      ("about", .object(figures.about.sorted { $0.key < $1.key }.map { ($0.key, .text($0.value)) })),
      ("began_ms", .count(figures.began)), ("ended_ms", .count(figures.ended)),
      ("elapsed_seconds", .exact(Exact(Int64(clamping: figures.elapsed), digits: 9))),
      ("collections", .count(figures.collections)),
      (
        "gaps",
        .array(
          figures.gaps.map { gap in
            .object([
              ("kind", .text(gap.kind)), ("start_seconds", .real(gap.start)), ("end_seconds", .real(gap.end)),
              ("detail", .text(gap.detail)),
            ])
          })
      ),
      (
        "bins",
        .array(
          figures.bins.map { bin in
            .object([
              ("start_seconds", .real(bin.start)), ("end_seconds", .real(bin.end)),
              ("known_seconds", .real(bin.seconds)),
            ])
          })
      ),
      ("zones", figures.zones.map(json) ?? .null), ("divided", figures.divided.map(json) ?? .null),
      ("divisions", .array(figures.divisions.map(json))), ("processes", figures.processes.map(json) ?? .null),
      ("rates", .array(figures.charts.map(json))), ("latencies", .array(figures.latencies.map(json))),
      ("load_tracking", figures.load.map(json) ?? .null),
      (
        "missing",
        .array(
          figures.missing.map { .object([("family", .text($0.family)), ("collector", .text($0.collector))]) })
      ),
    ])
  }

  private static func json(_ chart: Figures.Chart) -> JSON {
    .object([
      ("id", .text(chart.id)), ("title", .text(chart.title)), ("unit", .text(chart.unit)),
      (
        "curves",
        .array(
          chart.curves.map { curve in
            .object([
              ("name", .text(curve.name)), ("total", .exact(curve.total)),
              ("rates", .array(curve.rates.map(JSON.real))),
            ])
          })
      ),
    ])
  }

  private static func json(_ division: Figures.Division) -> JSON {
    .object([
      ("package", .text(division.package)), ("measured_joules", .exact(division.measured)),
      ("processes_joules", .exact(division.processes)), ("kernel_joules", .exact(division.kernel)),
      ("idle_joules", .exact(division.idle)), ("unattributed_joules", .exact(division.unattributed)),
    ])
  }

  private static func json(_ processes: Figures.Processes) -> JSON {
    .object([
      ("top", .array(processes.top.map(json))), ("rest_count", .count(processes.restCount)),
      ("rest", json(processes.rest)), ("other", json(processes.other)),
    ])
  }

  private static func json(_ process: Figures.Process) -> JSON {
    .object([
      ("pid", .text(process.pid)), ("comm", .text(process.comm)), ("cgroup", .text(process.cgroup)),
      ("joules", .exact(process.energy)), ("cpu_seconds", .exact(process.cpu)),
    ])
  }

  private static func json(_ latency: Figures.Latency) -> JSON {
    .object([
      ("id", .text(latency.id)), ("title", .text(latency.title)), ("distribution", json(latency.distribution)),
      ("bins", .array(latency.bins.map { .array($0.map { .count($0) }) })),
    ])
  }

  /// `slots[i]` are those of at most 2^(i-30).
  private static func json(_ distribution: Distribution) -> JSON {
    .object([
      ("count", .count(distribution.count)), ("sum", .real(distribution.sum)), ("mean", .real(distribution.mean)),
      ("p50", .real(distribution.quantile(0.5))), ("p90", .real(distribution.quantile(0.9))),
      ("p99", .real(distribution.quantile(0.99))), ("slots", .array(distribution.slots.map { .count($0) })),
    ])
  }

  private static func json(_ load: LoadTracking) -> JSON {
    .object([
      ("invariance", .text(load.invariance)),
      (
        "estimates",
        .array(
          load.estimates.map { estimate in
            .object([
              ("class", .text(estimate.taskClass)), ("signal", .text(estimate.signal)),
              ("estimated_seconds", .exact(estimate.estimated)), ("actual_seconds", .exact(estimate.actual)),
              ("error", .real(estimate.error)), ("standard_error", .real(estimate.standardError)),
              ("parts", .array(estimate.parts.map(JSON.real))), ("windows", .count(estimate.windows)),
              ("p25", .real(estimate.quantile(0.25))), ("p50", .real(estimate.quantile(0.5))),
              ("p75", .real(estimate.quantile(0.75))), ("over", json(estimate.over)), ("under", json(estimate.under)),
            ])
          })
      ),
      (
        "steps",
        .array(
          load.steps.map { steps in
            .object([
              ("class", .text(steps.taskClass)), ("step", .text(steps.step)), ("count", .count(steps.count)),
              ("unconverged", .exact(steps.unconverged)), ("behind_after_31ms", .real(steps.behind(after: -5))),
              ("behind_after_62ms", .real(steps.behind(after: -4))),
              ("behind_after_125ms", .real(steps.behind(after: -3))), ("convergence", json(steps.convergence)),
            ])
          })
      ),
    ])
  }

  private static func json(_ row: Comparison.Row) -> JSON {
    .object([
      ("id", .text(row.id)), ("title", .text(row.title)), ("unit", .text(row.unit.rawValue)),
      ("values", .array(row.values.map(JSON.real))), ("change", .real(row.change)),
    ])
  }
}
