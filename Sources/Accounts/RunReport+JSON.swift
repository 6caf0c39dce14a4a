package import JSONText

/// Measured runs as JSON: docs/run.md says what each member is.
extension RunReport {
  /// The version of the form; members may be added without a new one.
  private static let version: UInt64 = 1

  package var json: JSON {
    var members: [(String, JSON)] = [("version", .unsigned(Self.version)), ("runs", .array(runs.map(Self.json)))]
    if runs.count > 1 { members.append(("statistics", statistics)) }
    return .object(members)
  }

  private static func json(_ run: MeasuredRun) -> JSON {
    var members: [(String, JSON)] = [("elapsed_seconds", nanoseconds(run.elapsed))]
    if let status = run.status {
      let signal = status & 0x7f
      members.append(("exit_status", signal == 0 ? .integer(Int64(status >> 8 & 0xff)) : .null))
      members.append(("exit_signal", signal == 0 ? .null : .integer(Int64(signal))))
    }
    members.append(("trees", .array(run.trees.map { json($0, run.machine) })))
    members.append(("machine", run.machine.map { json($0, others: run.otherProcesses ?? 0) } ?? .null))
    if let failure = run.energyFailure { members.append(("energy_failure", .string(failure))) }
    if !run.intervals.isEmpty { members.append(("intervals", .array(run.intervals.map(json)))) }
    return .object(members)
  }

  private static func json(_ tree: MeasuredRun.Tree, _ machine: MachineAccount?) -> JSON {
    let account = tree.account
    let isTimed = account.timesCalls
    var members: [(String, JSON)] = [("name", .string(tree.name))]
    members.append(("energy", energy(account, machine)))
    members += usage(account.usage)
    members.append(
      ("offcpu_seconds", .object(account.offCPU.map { ($0.reason, nanoseconds($0.time)) })))
    members += [
      ("processes", .unsigned(account.processes)), ("threads", .unsigned(account.threads)),
      ("programs", .unsigned(account.programs)), ("ended_processes", .unsigned(account.endedProcesses)),
      ("failed_processes", .unsigned(account.failedProcesses)), ("living_tasks", .unsigned(account.living)),
      ("peak_resident_bytes", account.peakBytes.map { .unsigned($0) } ?? .null),
      ("network_received_bytes", account.network.map { .unsigned($0.received) } ?? .null),
      ("network_sent_bytes", account.network.map { .unsigned($0.sent) } ?? .null),
      (
        "syscalls",
        .object(
          calls(account.allCalls, account.timesCalls) + [
            ("categories", .object(account.categories.map { ($0.name, .object(calls($0.calls, isTimed))) })),
            ("calls", .object(account.calls.map { ($0.name, .object(calls($0.calls, isTimed))) })),
          ])
      ),
      (
        "events",
        .object(
          account.events.map { event in
            (event.name, .object([("count", .unsigned(event.count)), ("counted_ratio", .double(event.counted))]))
          })
      ),
    ]
    if let failure = account.eventsFailure { members.append(("events_failure", .string(failure))) }
    if let processes = account.byProcess {
      members.append(("by_process", .array(processes.map { json($0, isTimed: isTimed) })))
    }
    members.append(("lost", .unsigned(account.lost)))
    return .object(members)
  }

  private static func json(_ process: TreeAccount.Process, isTimed: Bool) -> JSON {
    let signal = process.status.map { $0 & 0x7f }
    return .object(
      [
        ("pid", .unsigned(UInt64(process.pid))), ("parent_pid", .unsigned(UInt64(process.parent))),
        ("name", .string(process.name)),
        ("exit_status", process.status.flatMap { $0 & 0x7f == 0 ? .unsigned(UInt64($0 >> 8 & 0xff)) : nil } ?? .null),
        ("exit_signal", signal.flatMap { $0 == 0 ? nil : .unsigned(UInt64($0)) } ?? .null),
      ] + usage(process.usage) + [
        ("peak_resident_bytes", .unsigned(process.peakBytes)),
        ("syscalls", .object(process.calls.map { ($0.name, .object(calls($0.calls, isTimed))) })),
      ])
  }

  private static func usage(_ usage: TreeAccount.Usage) -> [(String, JSON)] {
    [
      ("cpu_seconds", nanoseconds(usage.cpu)), ("user_seconds", nanoseconds(usage.user)),
      ("system_seconds", nanoseconds(usage.system)), ("runqueue_seconds", nanoseconds(usage.runQueue)),
      ("voluntary_switches", .unsigned(usage.voluntarySwitches)),
      ("involuntary_switches", .unsigned(usage.involuntarySwitches)),
      ("minor_faults", .unsigned(usage.minorFaults)), ("major_faults", .unsigned(usage.majorFaults)),
      ("read_bytes", .unsigned(usage.readBytes)), ("written_bytes", .unsigned(usage.writtenBytes)),
    ]
  }

  private static func calls(_ calls: TreeAccount.Calls, _ isTimed: Bool) -> [(String, JSON)] {
    [
      ("calls", .unsigned(calls.count)), ("errors", .unsigned(calls.errors)),
      ("seconds", isTimed ? nanoseconds(calls.time) : .null),
    ]
  }

  private static func energy(_ account: TreeAccount, _ machine: MachineAccount?) -> JSON {
    guard let shares = account.energy, let machine else { return .null }
    return .object([
      ("joules", microjoules(account.totalEnergy ?? 0)), ("estimated", .bool(machine.isEstimate)),
      ("zones", .array(zip(machine.zones, shares).map { json($0, $1) })),
    ])
  }

  private static func json(_ machine: MachineAccount, others: UInt64) -> JSON {
    .object([
      ("joules", microjoules(machine.total)), ("estimated", .bool(machine.isEstimate)),
      ("zones", .array(machine.zones.map { json($0, $0.microjoules) })),
      ("other_processes_joules", microjoules(others)), ("kernel_joules", microjoules(machine.kernel)),
      ("idle_joules", microjoules(machine.idle)), ("idle_known", .bool(machine.isIdleKnown)),
      ("unattributed_joules", microjoules(machine.unattributed)),
    ])
  }

  private static func json(_ zone: MachineAccount.Zone, _ energy: UInt64) -> JSON {
    .object([
      ("source", .string(zone.source)), ("package", .string(zone.package)), ("zone", .string(zone.zone)),
      ("joules", microjoules(energy)),
    ])
  }

  private static func json(_ interval: MeasuredRun.Interval) -> JSON {
    .object([
      ("end_seconds", nanoseconds(interval.end)), ("seconds", nanoseconds(interval.length)),
      ("cpu_seconds", nanoseconds(interval.cpu)), ("runqueue_seconds", nanoseconds(interval.runQueue)),
      ("context_switches", .unsigned(interval.switches)), ("syscalls", .unsigned(interval.calls)),
      ("read_bytes", .unsigned(interval.readBytes)), ("written_bytes", .unsigned(interval.writtenBytes)),
      ("processes", .unsigned(interval.processes)), ("living_tasks", .unsigned(interval.living)),
      ("joules", interval.energy.map(microjoules) ?? .null),
    ])
  }

  /// Of each figure over all runs.
  private var statistics: JSON {
    guard let first = runs.first else { return .null }
    return .array(
      first.trees.indices.map { index in
        let all = runs.map { Figure.all(of: $0.trees[index].account, elapsed: $0.elapsed, machine: $0.machine) }
        return .object(
          all[0].map { figure in
            let one = Statistics(all.compactMap { $0.first { $0.key == figure.key }?.value })
            return (
              figure.key,
              .object([
                ("mean", .double(one.mean)), ("standard_deviation", .double(one.deviation)),
                ("lowest", .double(one.lowest)), ("highest", .double(one.highest)),
              ])
            )
          })
      })
  }

  private static func nanoseconds(_ value: UInt64) -> JSON { .decimal(value, digits: 9) }
  private static func microjoules(_ value: UInt64) -> JSON { .decimal(value, digits: 6) }
}
