internal import Recording

/// What a report shows of one recording.
struct RecordingSection {
  let figures: Figures
  /// Before every id of it.
  let prefix: String

  var html: String {
    head + energy + processes + rates + latencies
      + (figures.load.map { LoadSection(load: $0, prefix: prefix).html } ?? "")
      + notes
  }

  private var head: String {
    let about = figures.about
    var facts = [
      ("began", UTCTime.text(figures.began)), ("lasted", NumberText.duration(figures.seconds)),
      ("collections", "\(figures.collections)"),
    ]
    if let interval = about["interval_ns"].flatMap({ UInt64($0) }) {
      facts.append(("interval", NumberText.duration(Double(interval) / 1e9)))
    }
    for key in ["host", "kernel", "cpus", "version", "collectors"] {
      if let value = about[key] { facts.append((key == "cpus" ? "CPUs" : key, value.replacing(",", with: ", "))) }
    }
    let rows = facts.map { name, value in [Markup.escaped(name), Markup.isolated(value)] }
    let title = "<h1 id=\"\(prefix)top\">\(Markup.isolated(figures.name))</h1>\n"
    return title + Markup.table("The recording", ["what", "value"], rows, texts: [1]) + gaps
  }

  private var gaps: String {
    guard !figures.gaps.isEmpty else { return "" }
    let shown = figures.gaps.prefix(20)
    let more = figures.gaps.count - shown.count
    let caption =
      "Gaps, grey in the plots: what happened in them is in totals, and in no rate"
      + (more > 0 ? "; the first \(shown.count) of \(figures.gaps.count)" : "")
    return Markup.table(
      caption, ["gap", "from", "to", "what"],
      shown.map { gap in
        [gap.kind, NumberText.duration(gap.start), NumberText.duration(gap.end), Markup.escaped(gap.detail)]
      }, texts: [3])
  }

  // MARK: Energy

  private var energy: String {
    guard let zones = figures.zones else { return "" }
    var html = "<h2>Energy</h2>\n"
    if figures.isModelled {
      html += "<p>An estimate of the model (<code>--energy.model</code>): nothing was measured.</p>\n"
    }
    html += "<h3>Power by zone</h3>\n" + plot(zones, isStacked: false)
    html += Markup.table(
      "Energy by zone; zones may contain one another", ["zone", "joules", "mean power"],
      zones.curves.map { [Markup.isolated($0.name), fixed($0.total), watts($0.total)] })
    if let divided = figures.divided {
      html += "<h3>What the power went to</h3>\n" + plot(divided, isStacked: true)
      html += Markup.table(
        "Energy by what it went to, in joules; each row adds up exactly",
        ["package", "processes", "kernel", "idle", "unattributed", "measured"],
        figures.divisions.map { division in
          [division.package.map(Markup.isolated) ?? "all"]
            + [division.processes, division.kernel, division.idle, division.unattributed, division.measured].map(fixed)
        }, emphasized: [0])
    }
    return html
  }

  private func fixed(_ joules: Exact) -> String { NumberText.fixed(joules.number, 3) }

  private func watts(_ joules: Exact) -> String {
    figures.seconds > 0 ? NumberText.short(joules.number / figures.seconds) + " W" : "–"
  }

  // MARK: Processes

  private var processes: String {
    guard let processes = figures.processes else { return "" }
    let hasEnergy = processes.rest.energy != nil
    let bars = processes.top.filter { ($0.energy ?? $0.cpu).value > 0 }.map { process in
      BarPlot.Bar(
        name: "\(process.comm) (\(process.pid))", value: (process.energy ?? process.cpu).number,
        text: hasEnergy ? "\(NumberText.short(process.energy?.number ?? 0)) J" : NumberText.duration(process.cpu.number)
      )
    }
    let title = hasEnergy ? "The processes that used most energy" : "The processes that used most CPU time"
    var html = "<h2>Processes</h2>\n"
    if !bars.isEmpty { html += BarPlot(id: prefix + "processes", title: title, bars: bars).svg }
    html += hasEnergy ? energyTable(processes, title) : cpuTable(processes, title)
    return html
  }

  private func name(_ process: Figures.Process) -> String {
    "\(Markup.isolated(process.comm)) <span class=\"faint\">\(Markup.escaped(process.pid))</span>"
  }

  private func rest(_ processes: Figures.Processes) -> String {
    "\(processes.restCount) others with series of their own"
  }

  private func energyTable(_ processes: Figures.Processes, _ title: String) -> String {
    let all = figures.divisions.first
    let measured = all?.measured ?? .zero
    func row(_ name: String, _ cgroup: String, _ energy: Exact, _ cpu: Exact?) -> [String] {
      [
        name, Markup.isolated(cgroup), fixed(energy),
        measured.value > 0 ? NumberText.percent(energy.number / measured.number) : "–", watts(energy),
        cpu.map { NumberText.fixed($0.number, 3) } ?? "",
      ]
    }
    var rows = processes.top.map { row(name($0), $0.cgroup, $0.energy ?? .zero, $0.cpu) }
    rows.append(row(rest(processes), "", processes.rest.energy ?? .zero, processes.rest.cpu))
    rows.append(row("all without series (other)", "", processes.other.energy ?? .zero, processes.other.cpu))
    if let all {
      rows.append(row("kernel threads", "", all.kernel, nil))
      rows.append(row("idle", "", all.idle, nil))
      rows.append(row("unattributed", "", all.unattributed, nil))
      rows.append(row("sum", "", figures.sumOfProcesses, nil))
      rows.append(row("measured", "", measured, nil))
    }
    return Markup.table(
      title, ["process", "control group", "joules", "share", "mean power", "CPU seconds"], rows, texts: [1],
      emphasized: all == nil ? [] : [rows.count - 2, rows.count - 1])
      + (all == nil
        ? ""
        : "<p>\(figures.difference.value == 0 ? "The sum is what was measured, to the microjoule." : "The sum differs from what was measured by \(figures.difference.text) J.")</p>\n")
  }

  private func cpuTable(_ processes: Figures.Processes, _ title: String) -> String {
    let rows =
      processes.top.map { [name($0), Markup.isolated($0.cgroup), NumberText.fixed($0.cpu.number, 3)] } + [
        [rest(processes), "", NumberText.fixed(processes.rest.cpu.number, 3)],
        ["all without series (other)", "", NumberText.fixed(processes.other.cpu.number, 3)],
      ]
    return Markup.table(title, ["process", "control group", "CPU seconds"], rows, texts: [1])
  }

  // MARK: Rates and latencies

  private func plot(_ chart: Figures.Chart, isStacked: Bool) -> String {
    RatePlot(chart: chart, figures: figures, isStacked: isStacked).svg(prefix: prefix)
  }

  private var rates: String {
    guard !figures.charts.isEmpty else { return "" }
    return "<h2>Rates</h2>\n"
      + figures.charts.map {
        "<h3>\(Markup.escaped($0.title))</h3>\n" + plot($0, isStacked: $0.id == "cpu_seconds" || $0.id == "syscalls")
      }.joined()
  }

  private var latencies: String {
    guard !figures.latencies.isEmpty else { return "" }
    let rows = figures.latencies.map { latency in
      let all = latency.distribution
      return [Markup.escaped(latency.title), "\(all.count)", NumberText.duration(all.mean)]
        + [0.5, 0.9, 0.99].map { NumberText.duration(all.quantile($0)) }
    }
    return "<h2>Latencies</h2>\n"
      + Markup.table(
        "Quantiles are exact to a factor of two",
        ["time", "number", "mean", "half within", "90 % within", "99 % within"],
        rows)
      + figures.latencies.map {
        "<h3>\(Markup.escaped($0.title))</h3>\n" + HeatMap(latency: $0, figures: figures).svg(prefix: prefix)
      }.joined()
  }

  private var notes: String {
    guard !figures.missing.isEmpty else { return "" }
    let collectors = Set(figures.missing.map(\.collector)).sorted()
    return "<h2>What is not in it</h2>\n<ul>"
      + collectors.map { collector in
        let families = figures.missing.filter { $0.collector == collector }.map { "<code>\($0.family)</code>" }
        return
          "<li>\(families.joined(separator: ", ")): of the collector <code>\(collector)</code>, which did not run or had nothing to show</li>"
      }.joined() + "</ul>\n"
  }
}

extension Figures {
  /// Processes, kernel, idle and what is unattributed.
  package var sumOfProcesses: Exact {
    guard let processes, let all = divisions.first else { return .zero }
    let own = (processes.top + [processes.rest, processes.other]).compactMap(\.energy)
    return (own + [all.kernel, all.idle, all.unattributed]).sum
  }

  /// What was measured less that sum.
  package var difference: Exact { (divisions.first?.measured ?? .zero) - sumOfProcesses }
}
