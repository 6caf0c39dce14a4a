/// What the sums of an analysis mean.
extension Analysis {
  private func curve(_ name: String, _ counter: Counter, _ bins: [Figures.Bin]) -> Figures.Curve {
    Figures.Curve(
      name: name, total: counter.total,
      rates: zip(counter.bins, bins).map { $1.seconds > 0 ? $0 / $1.seconds : nil })
  }

  /// The power of each zone.
  func zones(_ bins: [Figures.Bin]) -> Figures.Chart? {
    guard let zones = counters["energy_joules"] else { return nil }
    let curves = zones.map { zone in
      curve(zone.group.filter { !$0.isEmpty }.joined(separator: " "), zone, bins)
    }
    return Figures.Chart(
      id: "zones", title: "Power by zone", unit: "W", curves: curves.sorted { $0.total.number > $1.total.number })
  }

  private static let destinations = ["processes", "kernel", "idle", "unattributed"]

  /// What the power of all packages goes to.
  func divided(_ bins: [Figures.Bin]) -> Figures.Chart? {
    guard let attributed = counters["energy_attributed_joules"] else { return nil }
    let curves = Self.destinations.map { to in
      var sum = Counter(group: [], bins: Array(repeating: 0, count: binCount))
      for counter in attributed where counter.group[1] == to {
        sum.total = sum.total + counter.total
        for bin in sum.bins.indices { sum.bins[bin] += counter.bins[bin] }
      }
      return curve(to, sum, bins)
    }
    return Figures.Chart(id: "divided", title: "What the power went to", unit: "W", curves: curves)
  }

  var divisions: [Figures.Division] {
    guard let attributed = counters["energy_attributed_joules"] else { return [] }
    func division(of package: String?) -> Figures.Division {
      func sum(_ to: String) -> Exact {
        attributed.filter { (package == nil || $0.group[0] == package) && $0.group[1] == to }.map(\.total).sum
      }
      return Figures.Division(
        package: package, processes: sum("processes"), kernel: sum("kernel"), idle: sum("idle"),
        unattributed: sum("unattributed"))
    }
    let packages = Set(attributed.map { $0.group[0] }).sorted()
    return ([nil] + packages).map(division)
  }

  /// How many processes are told apart.
  private static let most = 10

  var processes: Figures.Processes? {
    let energy = Dictionary(
      (counters["process_energy_joules"] ?? []).map { ($0.group, $0.total) }, uniquingKeysWith: +)
    let cpu = Dictionary((counters["process_cpu_seconds"] ?? []).map { ($0.group, $0.total) }, uniquingKeysWith: +)
    guard !energy.isEmpty || !cpu.isEmpty else { return nil }
    let all = Set(energy.keys).union(cpu.keys).map { group in
      Figures.Process(
        pid: group[0], comm: group[1], cgroup: group[2], energy: energy.isEmpty ? nil : energy[group] ?? .zero,
        cpu: cpu[group] ?? .zero)
    }
    let own = all.filter { $0.pid != "other" }.sorted {
      let (one, other) = ($0.energy?.number ?? $0.cpu.number, $1.energy?.number ?? $1.cpu.number)
      return one != other ? one > other : ($0.pid, $0.comm) < ($1.pid, $1.comm)
    }
    func sum(_ pid: String, _ processes: some Sequence<Figures.Process>) -> Figures.Process {
      let processes = Array(processes)
      return Figures.Process(
        pid: pid, comm: "", cgroup: "", energy: energy.isEmpty ? nil : processes.compactMap(\.energy).sum,
        cpu: processes.map(\.cpu).sum)
    }
    let rest = own.dropFirst(Self.most)
    return Figures.Processes(
      top: Array(own.prefix(Self.most)), rest: sum("rest", rest), restCount: rest.count,
      other: sum("other", all.filter { $0.pid == "other" }))
  }

  /// Curves beyond which nobody can tell colours apart.
  private static let mostCurves = 7

  func charts(_ bins: [Figures.Bin]) -> [Figures.Chart] {
    Measures.charts.compactMap { family, title, unit in
      guard let counters = counters[family] else { return nil }
      // an idle CPU is what is left of it
      let shown = counters.filter { family != "cpu_seconds" || $0.group[0] != "idle" }
      var curves = shown.map { curve($0.group[0], $0, bins) }.sorted { $0.total.number > $1.total.number }
      if curves.count > Self.mostCurves {
        let others = curves[(Self.mostCurves - 1)...]
        curves = Array(curves[..<(Self.mostCurves - 1)]) + [Self.sum("all others", Array(others))]
      }
      return Figures.Chart(id: family, title: title, unit: unit, curves: curves)
    }
  }

  private static func sum(_ name: String, _ curves: [Figures.Curve]) -> Figures.Curve {
    Figures.Curve(
      name: name, total: curves.map(\.total).sum,
      rates: (curves.first?.rates.indices ?? 0..<0).map { bin in
        curves.reduce(0 as Double?) { sum, curve in sum.flatMap { sum in curve.rates[bin].map { sum + $0 } } }
      })
  }

  var latencies: [Figures.Latency] {
    Measures.latencies.compactMap { family, title in
      guard let histogram = histograms[family]?.first else { return nil }
      let distribution = distribution(histogram)
      return distribution.count == 0
        ? nil : Figures.Latency(id: family, title: title, distribution: distribution, bins: histogram.bins)
    }
  }

  private func distribution(_ histogram: Histogram?) -> Distribution {
    Distribution(slots: histogram?.slots ?? [], sum: (histogram?.sum ?? 0) / 1e9)
  }

  func load(_ bins: [Figures.Bin]) -> LoadTracking? {
    guard let actual = counters["load_tracking_actual_seconds"] else { return nil }
    let estimated = counters["load_tracking_estimated_seconds"] ?? []
    let errors = histograms["load_tracking_error_ratio"] ?? []
    let estimates = LoadTracking.classes.flatMap { name in
      LoadTracking.signals.compactMap { signal -> LoadTracking.Estimate? in
        let group = [name, signal]
        guard let real = actual.first(where: { $0.group == group }),
          let estimate = estimated.first(where: { $0.group == group })
        else { return nil }
        func windows(_ direction: String) -> Distribution {
          distribution(errors.first { $0.group == group + [direction] })
        }
        return LoadTracking.Estimate(
          taskClass: name, signal: signal, estimated: estimate.total, actual: real.total, over: windows("over"),
          under: windows("under"), parts: Self.errors(of: estimate.bins, against: real.bins))
      }
    }
    let steps = LoadTracking.classes.flatMap { name in
      ["up", "down"].map { step in
        LoadTracking.Steps(
          taskClass: name, step: step,
          convergence: distribution(
            histograms["load_tracking_convergence_seconds"]?.first { $0.group == [name, step] }),
          unconverged: (counters["load_tracking_unconverged"] ?? []).first { $0.group == [name, step] }?.total ?? .zero)
      }
    }
    return LoadTracking(estimates: estimates, steps: steps, invariance: invariance)
  }

  /// The relative errors of parts of the recording.
  private static func errors(of estimated: [Double], against actual: [Double]) -> [Double] {
    let parts = min(LoadTracking.parts, actual.count)
    return (0..<parts).compactMap { part in
      let range = (part * actual.count / parts)..<((part + 1) * actual.count / parts)
      let real = actual[range].reduce(0, +)
      return real > 0 ? (estimated[range].reduce(0, +) - real) / real : nil
    }
  }
}
