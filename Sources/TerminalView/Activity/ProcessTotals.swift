internal import Readings

/// What processes did between two readings, by the labels that name them.
struct ProcessTotals {
  /// Labels that tell parts of one process apart.
  private static let parts: Set<String> = ["mode", "kind", "direction", "operation", "source"]

  let energy: [Labels: Number]
  let cpu: [Labels: Number]
  let wait: [Labels: Number]
  let switches: [Labels: Number]
  let faults: [Labels: Number]
  let read: [Labels: Number]
  let written: [Labels: Number]
  let syscalls: [Labels: Number]
  let resident: [Labels: Number]
  let threads: [Labels: Number]

  init(_ difference: Difference) {
    func process(_ labels: Labels) -> Labels { labels.without(Self.parts) }
    energy = difference.increases(FamilyName.processEnergy).summed(process)
    cpu = difference.increases(FamilyName.processCPU).summed(process)
    wait = difference.increases(FamilyName.processWait)
    switches = difference.increases(FamilyName.processSwitches).summed(process)
    faults = difference.increases(FamilyName.processFaults).summed(process)
    let io = difference.increases(FamilyName.processIO)
    read = io.filter { $0.key["direction"] == "read" }.summed(process)
    written = io.filter { $0.key["direction"] == "write" }.summed(process)
    syscalls = difference.increases(FamilyName.processSyscalls)
    resident = difference.values(FamilyName.processResident)
    threads = difference.values(FamilyName.processThreads)
  }

  /// The processes that live, or lived in part of the time, and `other`. An exporter keeps what ended for a while.
  func rows(seconds: Double) -> [(key: Labels, row: Row)] {
    let keys = Set(energy.keys).union(cpu.keys).union(threads.keys)
    return keys.compactMap { key in
      guard let row = row(key) else { return nil }
      let isAlive = threads[key] != nil || threads.isEmpty
      let isActive = [energy, cpu, wait, switches].contains { Number.zero < ($0[key] ?? .zero) }
      guard isAlive || isActive else { return nil }
      return (key, with(row, key, seconds))
    }
  }

  private func row(_ key: Labels) -> Row? {
    guard let pid = key["pid"] else { return nil }
    if pid == "other" { return Row(.other, name: "other") }
    guard let number = UInt32(pid) else { return nil }
    return Row(.process(pid: number), name: key["comm"] ?? "", cgroup: key["cgroup"] ?? "")
  }

  private func with(_ row: Row, _ key: Labels, _ seconds: Double) -> Row {
    var row = row
    func rate(_ counts: [Labels: Number]) -> Double? { counts[key].map { $0.double / seconds } }
    row.figures.cpu = rate(cpu)
    row.figures.wait = rate(wait)
    row.figures.switches = rate(switches)
    row.figures.faults = rate(faults)
    row.figures.read = rate(read)
    row.figures.written = rate(written)
    row.figures.syscalls = rate(syscalls)
    row.figures.resident = resident[key]?.double
    row.figures.threads = threads[key]?.double
    return row
  }
}
