/// What was found out about one run of a command, or about trees that were there before.
package struct MeasuredRun: Sendable, Hashable {
  /// A tree and what it is called: the command, or its root's pid and name.
  package struct Tree: Sendable, Hashable {
    package let name: String
    package let account: TreeAccount

    package init(name: String, account: TreeAccount) {
      self.name = name
      self.account = account
    }
  }

  /// An interval of it.
  package struct Interval: Sendable, Hashable {
    /// Nanoseconds from the beginning to its end.
    package let end: UInt64
    package let length: UInt64
    /// What all trees used in it, together.
    package let cpu: UInt64
    package let runQueue: UInt64
    package let switches: UInt64
    package let calls: UInt64
    package let readBytes: UInt64
    package let writtenBytes: UInt64
    /// Processes begun.
    package let processes: UInt64
    /// Tasks that lived at its end.
    package let living: UInt64
    /// Microjoules; nil where none are divided.
    package let energy: UInt64?

    package init(
      end: UInt64, length: UInt64, from before: TreeAccount, to after: TreeAccount
    ) {
      self.end = end
      self.length = length
      func grown(_ value: (TreeAccount) -> UInt64) -> UInt64 {
        let (before, after) = (value(before), value(after))
        return after < before ? 0 : after - before
      }
      cpu = grown { $0.usage.cpu }
      runQueue = grown { $0.usage.runQueue }
      switches = grown { $0.usage.voluntarySwitches &+ $0.usage.involuntarySwitches }
      calls = grown { $0.allCalls.count }
      readBytes = grown { $0.usage.readBytes }
      writtenBytes = grown { $0.usage.writtenBytes }
      processes = grown { $0.processes }
      living = after.living
      energy = after.energy == nil ? nil : grown { $0.totalEnergy ?? 0 }
    }
  }

  package var trees: [Tree] = []
  /// Nanoseconds.
  package var elapsed: UInt64 = 0
  /// Nil where no energy is divided; `energyFailure` says why.
  package var machine: MachineAccount?
  package var energyFailure: String?
  package var intervals: [Interval] = []
  /// As waitpid(2) has it; nil where no command was run.
  package var status: Int32?

  package init() {}

  /// Microjoules of processes in none of the trees.
  package var otherProcesses: UInt64? {
    guard let machine else { return nil }
    let own = trees.reduce(0) { $0 &+ ($1.account.totalEnergy ?? 0) }
    return machine.processes < own ? 0 : machine.processes - own
  }
}
