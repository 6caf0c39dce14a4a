internal import Readings

/// What control groups did between two readings, by path: energy and CPU time as the exporter counts them by group, everything
/// else as the sum of what it counts by process.
struct GroupTotals {
  static let other = "other"

  let energy: [String: Number]
  private let cpu: [String: Number]
  private let wait: [String: Number]
  private let switches: [String: Number]
  private let faults: [String: Number]
  private let read: [String: Number]
  private let written: [String: Number]
  private let syscalls: [String: Number]
  private let resident: [String: Number]
  private let threads: [String: Number]

  init(_ difference: Difference, _ processes: ProcessTotals) {
    func group(_ labels: Labels) -> String { labels["cgroup"] ?? Self.other }
    let cpu = difference.increases(FamilyName.cgroupCPU).summed(group)
    /// Processes are told by groups that have no row of their own as well.
    func sums(_ counts: [Labels: Number]) -> [String: Number] {
      counts.summed { labels in
        let group = group(labels)
        return cpu[group] == nil ? Self.other : group
      }
    }
    self.cpu = cpu
    energy = difference.increases(FamilyName.cgroupEnergy).summed(group)
    let waits = difference.histograms(FamilyName.cgroupWaits)
    wait = waits.isEmpty ? sums(processes.wait) : waits.mapValues(\.sum).summed(group)
    switches = sums(processes.switches)
    faults = sums(processes.faults)
    read = sums(processes.read)
    written = sums(processes.written)
    syscalls = sums(processes.syscalls)
    resident = sums(processes.resident)
    threads = sums(processes.threads)
  }

  func rows(seconds: Double) -> [(key: String, row: Row)] {
    Set(energy.keys).union(cpu.keys).map { path in
      var row = path == Self.other ? Row(.other, name: "other") : Row(.group, name: path, cgroup: path)
      func rate(_ counts: [String: Number]) -> Double? {
        counts[path].map { $0.double / seconds } ?? (counts.isEmpty ? nil : 0)
      }
      row.figures.cpu = rate(cpu)
      row.figures.wait = rate(wait)
      row.figures.switches = rate(switches)
      row.figures.faults = rate(faults)
      row.figures.read = rate(read)
      row.figures.written = rate(written)
      row.figures.syscalls = rate(syscalls)
      row.figures.resident = resident[path]?.double
      row.figures.threads = threads[path]?.double
      return (path, row)
    }
  }
}
