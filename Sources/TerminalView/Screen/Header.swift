/// The lines about the machine as a whole. A line drops what it has no room for, from its end.
struct Header {
  let columns: Int
  private(set) var content: [StyledLine] = []

  /// - Parameters:
  ///   - title: the first line: what is watched, and when.
  ///   - columns: how wide it may be.
  init(_ machine: MachineFigures, title: [String], advice: EnergyAdvice, columns: Int) {
    self.columns = columns
    add(title.enumerated().map { StyledLine($1, $0 == 0 ? .strong : .plain) }, separator: "  ")
    addPower(machine, advice)
    addCPU(machine)
    addDevices("Disk", machine.disks, ("read", "write"), machine.longRequest.map { "p99 \(Quantity.time($0))" })
    addDevices("Net", machine.networks, ("in", "out"), nil)
  }

  private static func item(_ label: String, _ value: String, _ style: StyledLine.Style = .plain) -> StyledLine {
    var line = StyledLine()
    if !label.isEmpty { line.append(label + " ", .label) }
    line.append(value, style)
    return line
  }

  /// A line of as many items as there is room for; the first one is cut rather than left out.
  private mutating func add(_ items: [StyledLine], separator: String) {
    guard var line = items.first?.shortened(to: columns) else { return }
    for item in items.dropFirst() {
      guard line.width + separator.utf8.count + item.width <= columns else { break }
      line.append(separator)
      line.append(item)
    }
    content.append(line)
  }

  private mutating func addPower(_ machine: MachineFigures, _ advice: EnergyAdvice) {
    guard let watts = machine.watts, let joules = machine.joules else {
      return add([Self.item("Power", advice.text(machine), .warning)], separator: "  ")
    }
    let suffix = machine.isModelled ? " (model)" : ""
    var items = [
      Self.item("Power", Quantity.watts(watts) + " W" + suffix, .strong), Self.item("", Quantity.watts(joules) + " J"),
    ]
    // one zone that is all there is says nothing new
    let isAll = machine.zones.count == 1 && Quantity.watts(machine.zones[0].watts) == Quantity.watts(watts)
    for to in ["processes", "kernel", "idle", "unattributed"] {
      guard let part = machine.shares[to], to != "unattributed" || part >= 0.0005 else { continue }
      items.append(Self.item(to, Quantity.watts(part)))
    }
    add(items, separator: "  ")
    if isAll { return }
    let packages = Set(machine.zones.map(\.package)).count
    add(
      [Self.item("Zones", "")]
        + machine.zones.map { zone in
          let name = packages > 1 && !zone.package.isEmpty ? "\(zone.package)/\(zone.zone)" : zone.zone
          return Self.item(
            name, Quantity.watts(zone.watts) + (zone.source == "model" && !machine.isModelled ? " (model)" : ""))
        }, separator: "  ")
  }

  private mutating func addCPU(_ machine: MachineFigures) {
    var items: [StyledLine] = []
    if !machine.cpu.isEmpty {
      let busy = machine.cpu.filter { $0.key != "idle" }
      let used = Quantity.percent(busy.values.reduce(0, +)) + "%"
      items.append(Self.item("CPU", used + (columns < 30 ? "" : " of \(machine.cpus * 100)%"), .strong))
      for mode in ["softirq", "hardirq"] {
        if let part = busy[mode], part >= 0.0005 { items.append(Self.item(mode, Quantity.percent(part) + "%")) }
      }
    }
    if let wait = machine.wait {
      items.append(Self.item(items.isEmpty ? "Wait" : "wait", Quantity.percent(wait) + "%"))
      if let mean = machine.meanWait { items.append(Self.item("mean", Quantity.time(mean))) }
      if let long = machine.longWait { items.append(Self.item("p99", Quantity.time(long))) }
    }
    if let switches = machine.switches { items.append(Self.item("switches", Quantity.count(switches) + "/s")) }
    add(items, separator: "  ")
  }

  private mutating func addDevices(
    _ label: String, _ devices: [MachineFigures.Device], _ names: (String, String), _ end: String?
  ) {
    guard !devices.isEmpty else { return }
    var items = devices.enumerated().map { index, device in
      var line = index == 0 ? StyledLine(label + " ", .label) : StyledLine()
      line.append(device.name + " ", .label)
      line.append("\(names.0) \(Quantity.bytes(device.input))/s \(names.1) \(Quantity.bytes(device.output))/s")
      return line
    }
    if let end { items.insert(StyledLine(end), at: min(1, items.count)) }
    add(items, separator: "  ")
  }
}

/// What to say where there is no energy.
package struct EnergyAdvice: Sendable, Hashable {
  /// Another machine's exporter: options are for whoever starts that.
  package let isRemote: Bool

  package init(isRemote: Bool) { self.isRemote = isRemote }

  func text(_ machine: MachineFigures) -> String {
    let there = isRemote ? " there" : ""
    switch machine.energyReason {
    case nil: return "the first window is open"
    case "absent": return "no power sensor\(there): --energy.model estimates"
    case "disabled": return "the energy collector is off\(there): --collector.energy"
    case "permission": return "the power sensor may not be read\(there): run as root (sudo)"
    case "": return "nothing is said of energy\(there)"
    case .some(let reason): return "none\(there) (\(reason)): see wattprobe collectors"
    }
  }
}
