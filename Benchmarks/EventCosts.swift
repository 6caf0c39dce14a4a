import BPF
import CBench
import Collecting
import Collectors

/// Nanoseconds per event of every program beside an empty program at the same hook in the same window.
enum EventCosts {
  private static let windows = 9
  static let windowNanoseconds: UInt64 = 150_000_000

  struct Load: Sendable {
    let name: String
    /// As `collector program`; an empty program is found by the program's name.
    let programs: [String]
    /// What some of them are looked at together for.
    var figure: Figure? = nil
    /// Whether this process is to have series of its own before it is measured, as what it does then is counted by process.
    var isShown = false
    let run: @Sendable (UInt64) -> Int
  }

  /// What programs cost that run for one and the same thing: their sum over the floor of one empty program.
  struct Figure: Sendable {
    let name: String
    /// Those that are not attached cost nothing.
    let programs: Set<String>
    /// × floor; nil where it is only shown.
    let goal: Double?
  }

  private static func switching(
    _ name: String = "a context switch with its wakeup", goal: Double? = nil, isShown: Bool = false
  ) -> Load {
    let programs = ["sched sched_switch", "sched sched_wakeup"]
    return Load(
      name: "ping-pong, one CPU", programs: programs, figure: Figure(name: name, programs: Set(programs), goal: goal),
      isShown: isShown, run: { cbench_ping_pong($0, 0, 0) })
  }

  private static func calling(_ name: String = "a system call", goal: Double? = nil) -> Load {
    let programs = ["syscalls sys_enter", "syscalls sys_exit"]
    return Load(
      name: "getppid()", programs: programs, figure: Figure(name: name, programs: Set(programs), goal: goal),
      run: { cbench_call($0) })
  }

  private static let ending = Load(
    name: "fork, exec, exit",
    programs: ["process sched_process_free", "sched sched_process_exit"], run: { cbench_spawn($0) })

  /// Where `--process.detail` counts more.
  private static let detailed = Load(
    name: "disk writes", programs: ["block block_bio_queue", "pagecache writeback_dirty_folio"],
    run: { cbench_disk($0) })

  private static let writing = Load(
    name: "disk writes", programs: ["block block_rq_issue", "block block_rq_complete"],
    figure: Figure(
      name: "a block request without the kernel's times",
      programs: ["block block_rq_issue", "block block_rq_complete"],
      goal: nil), run: { cbench_disk($0) })

  static let loads = [
    switching(goal: 2.6),
    Load(
      name: "ping-pong, two CPUs", programs: ["sched sched_switch", "sched sched_wakeup", "cpu cpu_idle"],
      run: { cbench_ping_pong($0, 0, 1) }),
    Load(
      name: "fork, exec, exit",
      programs: [
        "sched sched_process_fork", "sched sched_wakeup_new", "sched sched_process_exec", "exits sched_process_exit",
        "process sched_process_free", "signals signal_generate", "syscalls sched_process_exit",
      ],
      figure: Figure(name: "the end of a process", programs: ["process sched_process_free"], goal: 8),
      run: { cbench_spawn($0) }),
    calling(goal: 1.5),
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
      ],
      figure: Figure(
        name: "a software interrupt: raise, entry, exit",
        programs: ["irq softirq_raise", "irq softirq_entry", "irq softirq_exit"], goal: 5),
      run: { cbench_network($0) }),
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
      figure: Figure(
        name: "a block request: issue, completion", programs: ["block block_rq_issue", "block block_rq_complete"],
        goal: 4.5),
      run: { cbench_disk($0) }),
    Load(
      name: "contended locks", programs: ["locks contention_begin", "locks contention_end"],
      figure: Figure(
        name: "a wait for a lock", programs: ["locks contention_begin", "locks contention_end"], goal: 7),
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
      figure: Figure(name: "kmalloc() and kfree()", programs: ["kmem kmalloc", "kmem kfree"], goal: 6),
      run: { cbench_pipes($0) }),
    Load(
      name: "pages and tasks",
      programs: ["kmem mm_page_alloc", "kmem mm_page_free", "loadtracking sched_process_free"],
      run: { cbench_spawn($0) }),
  ]

  /// What one program cost in each window.
  private struct Costs {
    var own: [Double] = []
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
    var figures = Table("figure", "x floor", "range", "to reach", "")
    for form in SchedulerPrograms.Form.allCases {
      // those that are off by default, too
      guard let set = DefaultSet(form: form, names: Set(Registry.collectors.map(\.name))) else {
        print("form \(form.rawValue): not on this kernel")
        continue
      }
      let isBest = form == SchedulerPrograms.Form.allCases[0]
      print("-- form \(form.rawValue), medians of \(windows) windows --")
      measure(isBest ? loads : [switching("the same, form \(form.rawValue)")], set, empty, &figures)
    }
    try measureOptions(empty, &figures)
    print("-- what one thing costs in all: programs together over the floor of one empty program --")
    figures.print()
  }

  /// What options add, at the hooks they concern.
  private static func measureOptions(_ empty: borrowing EmptyPrograms, _ figures: inout Table) throws {
    let (one, siblings) = (try Sensors(), try Sensors(areSiblings: true))
    let clock = PerfEventSource(type: 1, config: 0)
    let options: [(name: String, loads: [Load], change: (inout CollectorOptions) -> Void)] = [
      ("--syscalls.timing=all", [calling("the same with --syscalls.timing=all")], { $0.syscalls.timing = .all }),
      ("--process.detail", [calling("the same with --process.detail"), detailed], { $0.process.hasDetail = true }),
      ("disks of whose requests the kernel keeps no times", [writing], { $0.block.usesKernelTimes = false }),
      ("--cgroup.runqueue", [switching("the same with --cgroup.runqueue")], { $0.cgroup.measuresRunqueue = true }),
      (
        "three events by process, as with a PMU: here the CPU's clock, which costs more to read than a counter",
        [
          switching("the same with a PMU's events by process", goal: 6),
          switching("the same, one of the two processes with series", goal: 6, isShown: true),
        ], { $0.pmu.source = { _ in clock } }
      ),
      (
        "energy divided by run time", [switching("the same, energy by run time", goal: 2.6), ending],
        { $0.paths = one.paths }
      ),
      (
        "energy divided by weights: CPUs are siblings",
        [switching("the same, energy by weights", goal: 3), ending], { $0.paths = siblings.paths }
      ),
    ]
    for (name, loads, change) in options {
      guard let set = DefaultSet(form: SchedulerPrograms.Form.allCases[0], change) else { return }
      print("-- with \(name) --")
      measure(loads, set, empty, &figures)
    }
  }

  private static func measure(
    _ loads: [Load], _ set: DefaultSet, _ empty: borrowing EmptyPrograms, _ figures: inout Table
  ) {
    var table = Table("load: program", "ns", "empty ns", "x floor", "range", "events/window")
    for load in loads { measure(load, set, empty, in: &table, &figures) }
    table.print()
  }

  private static func measure(
    _ load: Load, _ set: DefaultSet, _ empty: borrowing EmptyPrograms, in table: inout Table, _ figures: inout Table
  ) {
    var costs = Array(repeating: Costs(), count: load.programs.count)
    var together: [Double] = []
    if load.isShown {
      // each time a pass sees that it has used more
      for _ in 0..<3 {
        _ = load.run(windowNanoseconds)
        _ = try? set.collect()
      }
    }
    for _ in 0..<windows {
      let before = (set.statistics(), empty.statistics())
      guard load.run(windowNanoseconds) >= 0 else { break }
      let after = (set.statistics(), empty.statistics())
      var sum = (own: 0.0, floor: 0.0)
      for (index, program) in load.programs.enumerated() {
        let hook = String(program.split(separator: " ")[1])
        guard let own = difference(before.0[program], after.0[program]),
          let floor = difference(before.1[hook], after.1[hook])
        else { continue }
        costs[index].add(own.perRun, floor: floor.perRun, runs: own.runs)
        guard load.figure?.programs.contains(program) == true else { continue }
        sum.own += own.perRun
        if sum.floor == 0 { sum.floor = floor.perRun }
      }
      if sum.floor > 0 { together.append(sum.own / sum.floor) }
    }
    for (index, program) in load.programs.enumerated() { costs[index].row(load.name, program, in: &table) }
    guard let figure = load.figure, !together.isEmpty else { return }
    figures.add(
      figure.name, together.median.text(2), "\(together.quantile(0).text(2))-\(together.quantile(1).text(2))",
      figure.goal?.text(1) ?? "",
      figure.goal.map { together.median <= $0 ? "reached" : "missed" } ?? "")
  }

  static func difference(
    _ before: ProgramStatistics?, _ after: ProgramStatistics?
  ) -> (runs: UInt64, perRun: Double)? {
    guard let before, let after, after.runs > before.runs + 10 else { return nil }
    let time = after.runNanoseconds - before.runNanoseconds
    let runs = after.runs - before.runs
    return (runs, Double(time) / Double(runs))
  }
}
