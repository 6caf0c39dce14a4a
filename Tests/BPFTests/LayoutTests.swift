import BPFPrograms
import Foundation
import Testing

@testable import BPF

/// The structs of `bpf/include/layouts` as the eBPF compiler laid them out and as Swift sees them.
@Suite struct LayoutTests {
  struct Layout: Sendable, CustomTestStringConvertible {
    let name: String
    /// An object that knows the struct.
    let object: String
    let size: Int
    let members: [String: Int]
    var testDescription: String { name }

    init<Root>(_: Root.Type, of object: String, _ members: [String: PartialKeyPath<Root>]) {
      // as C calls it
      self.name = "\(Root.self)"
      self.object = object
      size = MemoryLayout<Root>.size
      self.members = members.mapValues { MemoryLayout<Root>.offset(of: $0)! }
    }
  }

  static let layouts = [
    Layout(HistogramSlots.self, of: "sched", ["slots": \.slots, "sum": \.sum]),
    Layout(
      CPUTime.self, of: "sched",
      [
        "head": \.head, "task_ns": \.task_ns, "idle_ns": \.idle_ns, "last_clock": \.last_clock,
        "anchor_clock": \.anchor_clock, "anchor_ns": \.anchor_ns, "is_idle": \.is_idle, "tail": \.tail,
      ]),
    Layout(
      SchedPerCPU.self, of: "sched",
      [
        "time": \.time, "switches": \.switches, "new_tasks": \.new_tasks, "migrations": \.migrations,
        "events": \.events,
        "held": \.held, "lost": \.lost, "idle_task": \.idle_task, "leaves": \.leaves, "reserved": \.reserved,
        "runqueue": \.runqueue,
        "oncpu": \.oncpu,
        "offcpu": \.offcpu, "padding": \.padding,
      ]),
    Layout(
      SchedConfig.self, of: "sched",
      [
        "histograms": \.histograms, "kernel_waits": \.kernel_waits, "task_storage": \.task_storage,
        "cgroup_waits": \.cgroup_waits, "version1": \.version1, "pmu_events": \.pmu_events, "weighs": \.weighs,
        "siblings": \.siblings, "sibling_loss": \.sibling_loss, "unused": \.unused, "since_ns": \.since_ns,
      ]),
    Layout(
      TaskWait.self, of: "sched",
      [
        "blocked_at": \.blocked_at, "queued_at": \.queued_at, "run_delay": \.run_delay, "reason": \.reason,
        "slices": \.slices,
      ]),
    Layout(PackageWeights.self, of: "sched", ["of_package": \.of_package]),
    Layout(
      WeighedTask.self, of: "sched", ["own": \.own, "inherited": \.inherited, "ran_ns": \.ran_ns, "wait": \.wait]),
    Layout(
      WeightPerCPU.self, of: "sched",
      [
        "lane": \.lane, "siblings": \.siblings, "sibling_ns": \.sibling_ns,
        "busy_ns": \.busy_ns, "counted_cycles": \.counted_cycles, "counted_ns": \.counted_ns,
      ]),
    Layout(
      IdlePerCPU.self, of: "cpu",
      [
        "idle_since": \.idle_since, "idle_state": \.idle_state, "idle_ns": \.idle_ns,
        "idle_entries": \.idle_entries, "padding": \.padding,
      ]),
    Layout(
      InterruptLevel.self, of: "irq",
      ["irq": \.irq, "start": \.start, "within": \.within, "handled": \.handled]),
    Layout(
      InterruptsPerCPU.self, of: "irq",
      [
        "hardirqs": \.hardirqs, "hardirq_depth": \.hardirq_depth, "hardirq_ns": \.hardirq_ns,
        "softirq_start": \.softirq_start, "softirq_hardirq": \.softirq_hardirq, "softirq_ns": \.softirq_ns,
        "raised": \.raised, "durations": \.durations, "latencies": \.latencies, "padding": \.padding,
      ]),
    Layout(SoftirqTimes.self, of: "irq", ["slots": \.slots, "sum": \.sum]),
    Layout(SoftirqWaits.self, of: "irq", ["slots": \.slots, "sum": \.sum]),
    Layout(HardirqTimes.self, of: "irq", ["slots": \.slots, "sum": \.sum]),
    Layout(HardirqCounters.self, of: "irq", ["times": \.times, "padding": \.padding]),
    Layout(
      IRQConfig.self, of: "irq",
      [
        "hardirq_slots": \.hardirq_slots, "cpu_time": \.cpu_time, "histograms": \.histograms,
        "lane_shift": \.lane_shift, "unused": \.unused,
      ]),
    Layout(LockWait.self, of: "locks", ["lock": \.lock, "begun": \.begun, "kind": \.kind]),
    Layout(LockWaits.self, of: "locks", ["depth": \.depth, "waits": \.waits]),
    Layout(
      LocksPerCPU.self, of: "locks",
      [
        "attached": \.attached, "lost": \.lost, "too_deep": \.too_deep, "spinning": \.spinning,
        "contention": \.contention, "padding": \.padding,
      ]),
    Layout(LocksConfig.self, of: "locks", ["task_storage": \.task_storage, "unused": \.unused]),
    Layout(
      ExitsPerCPU.self, of: "exits",
      [
        "processes": \.processes, "switches": \.switches, "cpu": \.cpu, "lifetime": \.lifetime, "padding": \.padding,
      ]),
    Layout(
      SignalsPerCPU.self, of: "signals", ["sent": \.sent, "padding": \.padding]),
    Layout(
      BlockCounters.self, of: "block",
      [
        "ios": \.ios, "bytes": \.bytes, "errors": \.errors, "duration": \.duration, "queue": \.queue,
      ]),
    Layout(
      BlockSlot.self, of: "block", ["operations": \.operations]),
    Layout(BlockTimes.self, of: "block", ["slots": \.slots, "sum": \.sum]),
    Layout(
      BlockKnownDisk.self, of: "block", ["disk": \.disk, "slot": \.slot, "generation": \.generation]),
    Layout(BlockDevice.self, of: "block", ["slot": \.slot, "name": \.name]),
    Layout(
      BlockRequest.self, of: "block",
      [
        "issued_ns": \.issued_ns, "device": \.device, "operation": \.operation,
      ]),
    Layout(
      BlockConfig.self, of: "block",
      [
        "slots": \.slots, "flush_seq": \.flush_seq, "io_stat": \.io_stat, "stats": \.stats,
        "queue_stats": \.queue_stats, "lane_shift": \.lane_shift, "unused": \.unused,
      ]),
    Layout(
      BlockPerCPU.self, of: "block",
      [
        "known": \.known, "lost": \.lost, "unwatched_reads": \.unwatched_reads,
        "unwatched_writes": \.unwatched_writes, "padding": \.padding,
      ]),
    Layout(
      PagecachePerCPU.self, of: "pagecache",
      [
        "accesses": \.accesses, "insertions": \.insertions, "dirtied": \.dirtied,
        "unwatched_accesses": \.unwatched_accesses, "unwatched_insertions": \.unwatched_insertions,
        "unwatched_dirtied": \.unwatched_dirtied, "padding": \.padding,
      ]),
    Layout(PagecacheConfig.self, of: "pagecache", ["page_shift": \.page_shift, "detail": \.detail]),
    Layout(
      KmemPerCPU.self, of: "kmem",
      [
        "allocations": \.allocations, "frees": \.frees, "allocated_bytes": \.allocated_bytes,
        "freed_bytes": \.freed_bytes, "lost": \.lost, "kept": \.kept, "padding": \.padding,
      ]),
    Layout(KmemAllocation.self, of: "kmem", ["site": \.site, "bytes": \.bytes, "allocator": \.allocator]),
    Layout(KmemSite.self, of: "kmem", ["bytes": \.bytes, "allocations": \.allocations]),
    Layout(KmemConfig.self, of: "kmem", ["page_shift": \.page_shift, "kept": \.kept]),
    Layout(
      LoadClassSums.self, of: "loadtracking",
      [
        "actual_ns": \.actual_ns, "estimated_ns": \.estimated_ns, "unconverged": \.unconverged, "errors": \.errors,
        "convergence": \.convergence, "padding": \.padding,
      ]),
    Layout(
      LoadTrackingPerCPU.self, of: "loadtracking",
      ["classes": \.classes, "lost": \.lost, "scaled": \.scaled, "padding": \.padding]),
    Layout(
      LoadTrackingConfig.self, of: "loadtracking",
      [
        "window_ns": \.window_ns, "interactive_ns": \.interactive_ns, "cpu_bound": \.cpu_bound,
        "io_bound": \.io_bound, "tgid": \.tgid, "unused": \.unused,
      ]),
    Layout(
      TaskUsage.self, of: "process",
      [
        "runtime_ns": \.runtime_ns, "user_ns": \.user_ns, "system_ns": \.system_ns,
        "voluntary_switches": \.voluntary_switches, "involuntary_switches": \.involuntary_switches,
        "minor_faults": \.minor_faults, "major_faults": \.major_faults, "read_bytes": \.read_bytes,
        "written_bytes": \.written_bytes, "runqueue_ns": \.runqueue_ns,
      ]),
    Layout(ThreadRecord.self, of: "process", ["kind": \.kind, "tgid": \.tgid, "usage": \.usage]),
    Layout(
      ProcessRecord.self, of: "process",
      [
        "kind": \.kind, "tgid": \.tgid, "usage": \.usage, "start_ns": \.start_ns, "cgroup": \.cgroup,
        "resident_bytes": \.resident_bytes, "virtual_bytes": \.virtual_bytes, "threads": \.threads,
        "policy": \.policy, "priority": \.priority, "nice": \.nice, "comm": \.comm,
        "is_kernel": \.is_kernel, "memory_of": \.memory_of,
      ]),
    Layout(
      WatchedProcess.self, of: "process",
      [
        "start_ns": \.start_ns, "dead_runqueue_ns": \.dead_runqueue_ns, "final": \.final, "is_dead": \.is_dead,
        "final_weights": \.final_weights, "detail": \.detail,
      ]),
    Layout(
      ProcessDetail.self, of: "process",
      [
        "events": \.events, "syscalls": \.syscalls, "block_reads": \.block_reads, "block_writes": \.block_writes,
        "page_cache_accesses": \.page_cache_accesses, "page_cache_insertions": \.page_cache_insertions,
        "page_cache_dirtied": \.page_cache_dirtied,
      ]),
    Layout(
      EventReading.self, of: "sched", ["counter": \.counter, "enabled": \.enabled, "running": \.running]),
    Layout(
      PMUPerCPU.self, of: "sched",
      [
        "last": \.last, "unwatched": \.unwatched, "read_at": \.read_at, "watched": \.watched, "padding": \.padding,
      ]),
    Layout(
      ProcessPerCPU.self, of: "process",
      [
        "dead": \.dead, "dead_kernel_ns": \.dead_kernel_ns, "dead_weights": \.dead_weights,
        "dead_kernel_weights": \.dead_kernel_weights, "padding": \.padding,
      ]),
    Layout(
      DeadInCgroup.self, of: "process",
      ["runtime_ns": \.runtime_ns, "kernel_ns": \.kernel_ns]),
    Layout(
      WeighedDeadInCgroup.self, of: "process",
      ["used": \.used, "weights": \.weights, "kernel_weights": \.kernel_weights]),
    Layout(
      ProcessConfig.self, of: "process",
      [
        "page_shift": \.page_shift, "by_cgroup": \.by_cgroup, "version1": \.version1, "weighed": \.weighed,
        "pending": \.pending, "by_tree": \.by_tree, "unused": \.unused,
      ]),
    Layout(CgroupKey.self, of: "process", ["id": \.id, "hierarchy": \.hierarchy, "unused": \.unused]),
    Layout(CgroupWaits.self, of: "sched", ["runqueue": \.runqueue]),
    Layout(
      SyscallsPerCPU.self, of: "syscalls",
      ["calls": \.calls, "errors": \.errors, "lost": \.lost, "unwatched": \.unwatched, "padding": \.padding]),
    Layout(CallDurations.self, of: "syscalls", ["times": \.times]),
    Layout(SyscallTimes.self, of: "syscalls", ["ns": \.ns]),
    Layout(
      SyscallsConfig.self, of: "syscalls",
      [
        "kinds": \.kinds, "sigreturn": \.sigreturn, "timing": \.timing, "task_storage": \.task_storage,
        "by_syscall": \.by_syscall, "detail": \.detail, "lane_shift": \.lane_shift, "unused": \.unused,
      ]),
    Layout(
      FaultsPerCPU.self, of: "faults",
      ["faults": \.faults, "durations": \.durations, "lost": \.lost, "padding": \.padding]),
    Layout(FaultsConfig.self, of: "faults", ["task_storage": \.task_storage]),
    Layout(DeviceName.self, of: "net", ["start": \.start, "rest": \.rest]),
    Layout(
      DeviceTraffic.self, of: "net",
      [
        "received": \.received, "received_bytes": \.received_bytes, "offered": \.offered,
        "offered_bytes": \.offered_bytes, "refused": \.refused, "refused_bytes": \.refused_bytes, "queue": \.queue,
        "padding": \.padding,
      ]),
    Layout(DeviceTimes.self, of: "net", ["slots": \.slots, "sum": \.sum]),
    Layout(
      DropCounts.self, of: "net",
      [
        "drops": \.drops, "foreign": \.foreign, "unspecified": \.unspecified, "queue_drops": \.queue_drops,
        "padding": \.padding,
      ]),
    Layout(
      NetPerCPU.self, of: "net",
      [
        "queued_packet": \.queued_packet, "queued_device": \.queued_device, "queued_at": \.queued_at, "lost": \.lost,
        "refused_packet": \.refused_packet, "refused_reason": \.refused_reason, "padding": \.padding,
      ]),
    Layout(QueuedKey.self, of: "net", ["packet": \.packet, "device": \.device]),
    Layout(QueuedStamp.self, of: "net", ["at": \.at, "length": \.length]),
    Layout(
      NetConfig.self, of: "net",
      [
        "slots": \.slots, "lane_shift": \.lane_shift, "stamps_at_queue": \.stamps_at_queue,
        "all_namespaces": \.all_namespaces, "drop_shift": \.drop_shift,
      ]),
    Layout(
      TCPPerCPU.self, of: "tcp",
      [
        "connections": \.connections, "retransmits": \.retransmits, "resets": \.resets, "lost": \.lost,
        "padding": \.padding, "connects": \.connects, "rtt": \.rtt,
      ]),
  ]

  @Test(arguments: layouts + treeLayouts)
  func bothSidesHaveTheSameLayout(layout: Layout) throws {
    let names = layout.members.keys.sorted()
    let compiled = try ProgramObject(layout.object).layout(of: layout.name, members: names)
    #expect(compiled.size == layout.size)
    for (name, offset) in zip(names, compiled.offsets) { #expect(layout.members[name] == offset, "\(name)") }
  }

  /// A copy made while an entry is written must not have the word and half of what it speaks of.
  @Test func wordThatFinalFiguresAreThereComesBeforeThem() throws {
    let compiled = try ProgramObject("process").layout(
      of: "watched_process", members: ["is_dead", "final", "final_weights"])
    #expect(compiled.offsets[0] == 0)
    #expect(compiled.offsets.dropFirst().allSatisfy { $0 > 0 })
  }

  /// Every struct and every member in the headers is among those compared.
  @Test func everySharedStructIsCompared() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let folder = root.appending(path: "bpf/include/layouts")
    let text = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    var declared: [String: Set<String>] = [:]
    for match in text.matches(of: /(?m)^struct (\w+) \{\n((?:.*\n)*?)\} SWIFT_NAME\([A-Z]\w*\);/) {
      let members = match.2.matches(of: /(?m)^\t(?:struct )?\w+ (\w+)(?:\[\w+\])*;/).map { String($0.1) }
      declared[String(match.1)] = Set(members)
    }
    #expect(declared.count == text.matches(of: /(?m)^struct \w+ \{/).count, "a struct without a name in Swift")
    #expect(declared.count > 10)
    let compared = Dictionary(
      uniqueKeysWithValues: (Self.layouts + Self.treeLayouts).map { ($0.name, Set($0.members.keys)) })
    #expect(declared == compared)
  }
}
