import Host

@testable import Collectors

/// The ways in which the programs are loaded.
enum SyscallProgramForm: CaseIterable {
  case untimed, sampled, timedInStorage, timedInHash

  static let timed: [Self] = [.timedInStorage, .timedInHash]

  func choose(in options: inout CollectorOptions) {
    switch self {
    case .untimed: options.syscalls.timing = .off
    case .sampled: options.syscalls.timing = .sampled
    case .timedInStorage, .timedInHash:
      options.syscalls.timing = .all
      options.syscalls.form = self == .timedInStorage ? .taskStorage : .hashed
    }
  }

  func collectors(_ change: (inout CollectorOptions) -> Void = { _ in }) throws -> LiveCollectors {
    try LiveCollectors(["syscalls"]) {
      choose(in: &$0)
      change(&$0)
    }
  }
}

/// The number of a system call; -1 where the machine has none of that name.
func syscallNumber(_ name: String) -> Int {
  (0...SyscallTable.native.highest).first { SyscallTable.native.name($0) == name } ?? -1
}

/// What `load` changed in the first run in which nobody else made the same calls, or in the last of many.
func quietest(
  _ collectors: LiveCollectors, until isExact: (Change<Void>) -> Bool, _ load: () throws -> Load,
  run: (Load) throws -> Void = { try $0.run() }
) throws -> Change<Void> {
  var last: Change<Void>?
  for _ in 0..<20 {
    let load = try load()
    let from = try collectors.read(beside: {})
    try run(load)
    let change = Change(from: from, to: try collectors.read(beside: {}))
    if isExact(change) { return change }
    last = change
  }
  return last!
}
