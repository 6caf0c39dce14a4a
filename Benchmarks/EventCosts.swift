import BPF
import CBench
import Collecting
import Collectors

/// Nanoseconds per event of every program beside an empty program at the same hook in the same window.
enum EventCosts {
  private static let windows = 9
  private static let windowNanoseconds: UInt64 = 150_000_000

  private struct Load: Sendable {
    let name: String
    /// As `collector program`; an empty program is found by the program's name.
    let programs: [String]
    let run: @Sendable (UInt64) -> Int
  }

  private static let switching = Load(
    name: "ping-pong, one CPU", programs: ["sched sched_switch", "sched sched_wakeup"],
    run: { cbench_ping_pong($0, 0, 0) })

  private static let calling = Load(
    name: "getppid()", programs: ["syscalls sys_enter", "syscalls sys_exit"], run: { cbench_call($0) })

  private static let ending = Load(
    name: "fork, exec, exit",
    programs: ["process sched_process_free", "sched sched_process_exit"], run: { cbench_spawn($0) })

  /// Where `--process.detail` counts more.
  private static let detailed = Load(
    name: "disk writes", programs: ["block block_bio_queue", "pagecache writeback_dirty_folio"],
    run: { cbench_disk($0) })

  private static let writing = Load(
    name: "disk writes", programs: ["block block_rq_issue", "block block_rq_complete"], run: { cbench_disk($0) })

  private static let loads = [
    switching,
    Load(
      name: "ping-pong, two CPUs", programs: ["sched sched_switch", "sched sched_wakeup", "cpu cpu_idle"],
      run: { cbench_ping_pong($0, 0, 1) }),
    Load(
      name: "fork, exec, exit",
      programs: [
        "sched sched_process_fork", "sched sched_wakeup_new", "sched sched_process_exec", "exits sched_process_exit",
        "process sched_process_free", "signals signal_generate", "syscalls sched_process_exit",
      ],
      run: { cbench_spawn($0) }),
    calling,
    Load(name: "moving between CPUs", programs: ["sched sched_migrate_task"], run: { cbench_migrate($0) }),
    Load(
      name: "timers",
      programs: ["cpu cpu_idle", "irq softirq_raise", "irq softirq_entry", "irq softirq_exit"],
      run: { cbench_sleep($0) }),
    Load(
      name: "datagrams",
      programs: [
        "irq softirq_raise", "irq softirq_entry", "irq softirq_exit", "net net_dev_queue", "net net_dev_start_xmit",
        "net net_dev_xmit", "net netif_receive_skb",
      ], run: { cbench_network($0) }),
    Load(name: "datagrams to a closed port", programs: ["net kfree_skb"], run: { cbench_refused_datagrams($0) }),
    Load(
      name: "connections", programs: ["tcp inet_sock_set_state", "tcp tcp_send_reset", "tcp tcp_receive_reset"],
      run: { cbench_connections($0) }),
    Load(
      name: "disk writes",
      programs: [
        "irq irq_handler_entry", "irq irq_handler_exit", "block block_rq_issue", "block block_rq_complete",
        "pagecache writeback_dirty_folio",
      ],
      run: { cbench_disk($0) }),
    Load(
      name: "contended locks", programs: ["locks contention_begin", "locks contention_end"],
      run: { cbench_locks($0) }),
    Load(
      name: "file reads", programs: ["pagecache mm_filemap_get_pages", "pagecache mm_filemap_add_to_page_cache"],
      run: { cbench_read($0) }),
    Load(
      name: "mapped files", programs: ["pagecache mm_filemap_map_pages", "pagecache mm_filemap_fault"],
      run: { cbench_map($0) }),
    Load(
      name: "updates of load", programs: ["loadtracking pelt_se_tp"], run: { cbench_ping_pong($0, 0, 0) }),
    Load(
      name: "pipes",
      programs: ["kmem kmalloc", "kmem kfree", "kmem kmem_cache_alloc", "kmem kmem_cache_free"],
      run: { cbench_pipes($0) }),
    Load(
      name: "pages and tasks",
      programs: ["kmem mm_page_alloc", "kmem mm_page_free", "loadtracking sched_process_free"],
      run: { cbench_spawn($0) }),
  ]

  /// What one program or pair cost in each window.
  private struct Costs {
    var own: [Double] = []
    /// Where `own` weighs two programs by how often each ran, both simply added.
    var added: [Double] = []
    var floor: [Double] = []
    var ratio: [Double] = []
    var runs: UInt64 = 0

    mutating func add(_ own: Double, floor: Double, runs: UInt64) {
      self.own.append(own)
      self.floor.append(floor)
      self.ratio.append(own / floor)
      self.runs += runs
    }

    func row(_ load: String, _ name: String, in table: inout Table) {
      guard !own.isEmpty else { return table.add("\(load): \(name)", "no events") }
      table.add(
        "\(load): \(name)", own.median.text(1), floor.median.text(1), ratio.median.text(2),
        "\(ratio.quantile(0).text(2))-\(ratio.quantile(1).text(2))", "\(runs / UInt64(own.count))")
    }
  }

  static func run() throws {
    print("== Event path: ns per event, beside an empty program at the same hook in the same window ==")
    let empty = try EmptyPrograms()
    let statistics = try RunTimeStatistics()
    defer { statistics.switchOff() }
    for form in SchedulerPrograms.Form.allCases {
      // those that are off by default, too
      guard let set = DefaultSet(form: form, names: Set(Registry.collectors.map(\.name))) else {
        print("form \(form.rawValue): not on this kernel")
        continue
      }
      print("-- form \(form.rawValue), medians of \(windows) windows --")
      var table = Table("load: program", "ns", "empty ns", "x floor", "range", "events/window")
      var pair = Costs()
      var call = Costs()
      for load in form == SchedulerPrograms.Form.allCases[0] ? loads : [switching] {
        if load.name == calling.name {
          measure(load, set, empty, pair: &call, in: &table)
        } else {
          measure(load, set, empty, pair: &pair, in: &table)
        }
      }
      table.print()
      let verdict = pair.added.median <= 5 ? "reached" : "missed"
      print(
        "a context switch with its wakeup: \(pair.added.median.text(2)) x floor (goal 5: \(verdict));",
        "by the wakeups there were: \(pair.own.median.text(1)) ns = \(pair.ratio.median.text(2)) x floor")
      if !call.added.isEmpty {
        let verdict = call.added.median <= 4 ? "reached" : "missed"
        print("entry and exit of a system call: \(call.added.median.text(2)) x floor (goal 4: \(verdict))")
      }
    }
    try measureOptions(empty)
  }

  /// What options add, at the hooks they concern.
  private static func measureOptions(_ empty: borrowing EmptyPrograms) throws {
    let (one, siblings) = (try Sensors(), try Sensors(areSiblings: true))
    let options: [(name: String, loads: [Load], change: (inout CollectorOptions) -> Void)] = [
      ("--process.detail", [calling, detailed], { $0.process.hasDetail = true }),
      ("disks of whose requests the kernel keeps no times", [writing], { $0.block.usesKernelTimes = false }),
      ("--cgroup.runqueue", [switching], { $0.cgroup.measuresRunqueue = true }),
      (
        "three events by process, as with a PMU: here the CPU's clock, which costs more to read than a counter",
        [switching], { $0.pmu.source = { _ in PerfEventSource(type: 1, config: 0) } }
      ),
      ("energy divided by run time", [switching, ending], { $0.paths = one.paths }),
      ("energy divided by weights: CPUs are siblings", [switching, ending], { $0.paths = siblings.paths }),
    ]
    for (name, loads, change) in options {
      guard let set = DefaultSet(form: SchedulerPrograms.Form.allCases[0], change) else { return }
      print("-- with \(name) --")
      var table = Table("load: program", "ns", "empty ns", "x floor", "range", "events/window")
      var pair = Costs()
      for load in loads { measure(load, set, empty, pair: &pair, in: &table) }
      table.print()
    }
  }

  /// `pair` takes what switch and wakeup, or entry and exit, cost together over the floor of one empty program.
  private static func measure(
    _ load: Load, _ set: DefaultSet, _ empty: borrowing EmptyPrograms, pair: inout Costs, in table: inout Table
  ) {
    var costs = Array(repeating: Costs(), count: load.programs.count)
    for _ in 0..<windows {
      let before = (set.statistics(), empty.statistics())
      guard load.run(windowNanoseconds) >= 0 else { break }
      let after = (set.statistics(), empty.statistics())
      var spent: [UInt64] = []
      for (index, program) in load.programs.enumerated() {
        let hook = String(program.split(separator: " ")[1])
        guard let own = difference(before.0[program], after.0[program]),
          let floor = difference(before.1[hook], after.1[hook])
        else { continue }
        spent.append(own.time)
        costs[index].add(own.perRun, floor: floor.perRun, runs: own.runs)
        if index == 1 && (load.name == switching.name || load.name == calling.name) {
          let perSwitch = costs[0].own.last ?? .nan
          let switches = Double(spent[0]) / perSwitch
          let floor = costs[0].floor.last ?? .nan
          pair.add(Double(spent[0] + spent[1]) / switches, floor: floor, runs: own.runs)
          pair.added.append((perSwitch + own.perRun) / floor)
        }
      }
    }
    for (index, program) in load.programs.enumerated() { costs[index].row(load.name, program, in: &table) }
  }

  private static func difference(
    _ before: ProgramStatistics?, _ after: ProgramStatistics?
  ) -> (time: UInt64, runs: UInt64, perRun: Double)? {
    guard let before, let after, after.runs > before.runs + 10 else { return nil }
    let time = after.runNanoseconds - before.runNanoseconds
    let runs = after.runs - before.runs
    return (time, runs, Double(time) / Double(runs))
  }
}
