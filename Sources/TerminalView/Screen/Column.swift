/// A column of the table, in the order from left to right; the name follows them.
package enum Column: String, Sendable, Hashable, CaseIterable {
  case pid
  case watts
  case joules
  case cpu
  case wait
  case switches
  case faults
  case read
  case written
  case syscalls
  case resident
  case threads
  case name
  case cgroup

  /// Those that go last where there is not room for all, first ones first.
  static let byPriority: [Column] = [
    .watts, .cpu, .pid, .joules, .wait, .read, .written, .switches, .faults, .syscalls, .resident, .threads, .cgroup,
  ]

  var title: String {
    switch self {
    case .pid: "PID"
    case .watts: "WATTS"
    case .joules: "JOULES"
    case .cpu: "CPU%"
    case .wait: "WAIT%"
    case .switches: "CSW/s"
    case .faults: "FLT/s"
    case .read: "READ/s"
    case .written: "WRIT/s"
    case .syscalls: "SYS/s"
    case .resident: "RES"
    case .threads: "THR"
    case .name: "COMMAND"
    case .cgroup: "CGROUP"
    }
  }

  /// What it is, for the help screen.
  var words: String {
    switch self {
    case .pid: "process id"
    case .watts: "power"
    case .joules: "energy since it was opened"
    case .cpu: "CPU time, of one CPU"
    case .wait: "time waiting for a CPU"
    case .switches: "context switches"
    case .faults: "page faults"
    case .read: "bytes read from storage"
    case .written: "bytes written to storage"
    case .syscalls: "system calls"
    case .resident: "resident memory"
    case .threads: "threads"
    case .name: "name"
    case .cgroup: "control group"
    }
  }

  /// The key that sorts by it; those of top where it has one.
  package var key: Unicode.Scalar {
    switch self {
    case .pid: "N"
    case .watts: "W"
    case .joules: "J"
    case .cpu: "P"
    case .wait: "Q"
    case .switches: "S"
    case .faults: "F"
    case .read: "I"
    case .written: "O"
    case .syscalls: "Y"
    case .resident: "M"
    case .threads: "H"
    case .name: "A"
    case .cgroup: "G"
    }
  }

  /// In columns of the terminal; what is text takes what is left.
  var width: Int {
    switch self {
    case .pid: 7
    case .joules, .read, .written, .watts: 6
    case .cpu, .wait, .switches, .faults, .syscalls, .resident: 5
    case .threads: 4
    case .name, .cgroup: 0
    }
  }

  var isText: Bool { self == .name || self == .cgroup }

  /// What it sorts by; nil: that is text, or there is no figure.
  func value(_ row: Row) -> Double? {
    switch self {
    case .pid: if case .process(let pid) = row.kind { Double(pid) } else { nil }
    case .watts: row.figures.watts
    case .joules: row.figures.joules
    case .cpu: row.figures.cpu
    case .wait: row.figures.wait
    case .switches: row.figures.switches
    case .faults: row.figures.faults
    case .read: row.figures.read
    case .written: row.figures.written
    case .syscalls: row.figures.syscalls
    case .resident: row.figures.resident
    case .threads: row.figures.threads
    case .name, .cgroup: nil
    }
  }

  /// The figure as text; a dash where there is none, though others of its kind have one.
  func text(_ row: Row) -> String {
    guard let value = value(row) else { return row.kind.isOwn || row.kind == .other ? (self == .pid ? "" : "-") : "" }
    switch self {
    case .pid, .threads: return Quantity.fixed(value, 0)
    case .watts, .joules: return Quantity.watts(value)
    case .cpu, .wait: return Quantity.percent(value)
    case .switches, .faults, .syscalls: return Quantity.count(value)
    case .read, .written, .resident: return Quantity.bytes(value)
    case .name, .cgroup: return ""
    }
  }
}
