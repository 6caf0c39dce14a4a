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
      self.name = "\(Root.self)"
      self.object = object
      size = MemoryLayout<Root>.size
      self.members = members.mapValues { MemoryLayout<Root>.offset(of: $0)! }
    }
  }

  static let layouts = [
    Layout(histogram.self, of: "sched", ["slots": \.slots, "sum": \.sum]),
    Layout(
      cpu_time.self, of: "sched",
      [
        "head": \.head, "task_ns": \.task_ns, "idle_ns": \.idle_ns, "last_clock": \.last_clock,
        "anchor_clock": \.anchor_clock, "anchor_ns": \.anchor_ns, "is_idle": \.is_idle, "tail": \.tail,
      ]),
    Layout(
      sched_cpu.self, of: "sched",
      [
        "time": \.time, "switches": \.switches, "wakeups": \.wakeups, "migrations": \.migrations, "events": \.events,
        "held": \.held, "lost": \.lost, "idle_task": \.idle_task, "reserved": \.reserved, "runqueue": \.runqueue,
        "oncpu": \.oncpu,
        "offcpu": \.offcpu, "padding": \.padding,
      ]),
    Layout(
      sched_config.self, of: "sched",
      [
        "histograms": \.histograms, "kernel_waits": \.kernel_waits, "task_storage": \.task_storage,
        "cgroup_waits": \.cgroup_waits, "version1": \.version1, "pmu_events": \.pmu_events, "unused": \.unused,
      ]),
    Layout(
      interrupt_cpu.self, of: "cpu",
      [
        "hardirq_start": \.hardirq_start, "hardirq_ns": \.hardirq_ns, "softirq_start": \.softirq_start,
        "softirq_hardirq": \.softirq_hardirq, "softirq_ns": \.softirq_ns, "idle_since": \.idle_since,
        "idle_state": \.idle_state, "idle_ns": \.idle_ns, "idle_entries": \.idle_entries, "padding": \.padding,
      ]),
    Layout(
      exits_cpu.self, of: "exits",
      [
        "processes": \.processes, "switches": \.switches, "cpu": \.cpu, "lifetime": \.lifetime, "padding": \.padding,
      ]),
    Layout(
      signals_cpu.self, of: "signals", ["sent": \.sent, "oom_kills": \.oom_kills, "padding": \.padding]),
    Layout(
      usage.self, of: "process",
      [
        "runtime_ns": \.runtime_ns, "user_ns": \.user_ns, "system_ns": \.system_ns,
        "voluntary_switches": \.voluntary_switches, "involuntary_switches": \.involuntary_switches,
        "minor_faults": \.minor_faults, "major_faults": \.major_faults, "read_bytes": \.read_bytes,
        "written_bytes": \.written_bytes, "runqueue_ns": \.runqueue_ns,
      ]),
    Layout(thread_record.self, of: "process", ["kind": \.kind, "tgid": \.tgid, "usage": \.usage]),
    Layout(
      process_record.self, of: "process",
      [
        "kind": \.kind, "tgid": \.tgid, "usage": \.usage, "start_ns": \.start_ns, "cgroup": \.cgroup,
        "resident_bytes": \.resident_bytes, "virtual_bytes": \.virtual_bytes, "threads": \.threads,
        "policy": \.policy, "priority": \.priority, "nice": \.nice, "comm": \.comm,
        "is_kernel": \.is_kernel, "unused": \.unused,
      ]),
    Layout(
      watched_process.self, of: "process",
      [
        "start_ns": \.start_ns, "dead_runqueue_ns": \.dead_runqueue_ns, "final": \.final, "is_dead": \.is_dead,
        "detail": \.detail,
      ]),
    Layout(
      process_detail.self, of: "process",
      [
        "events": \.events, "syscalls": \.syscalls, "block_reads": \.block_reads, "block_writes": \.block_writes,
        "page_cache_accesses": \.page_cache_accesses, "page_cache_insertions": \.page_cache_insertions,
        "page_cache_dirtied": \.page_cache_dirtied,
      ]),
    Layout(
      event_reading.self, of: "sched", ["counter": \.counter, "enabled": \.enabled, "running": \.running]),
    Layout(
      pmu_cpu.self, of: "sched", ["last": \.last, "unwatched": \.unwatched, "padding": \.padding]),
    Layout(
      process_cpu.self, of: "process",
      ["dead": \.dead, "dead_kernel_ns": \.dead_kernel_ns, "padding": \.padding]),
    Layout(cgroup_dead.self, of: "process", ["runtime_ns": \.runtime_ns, "kernel_ns": \.kernel_ns]),
    Layout(
      process_config.self, of: "process",
      ["page_shift": \.page_shift, "by_cgroup": \.by_cgroup, "version1": \.version1, "unused": \.unused]),
    Layout(cgroup_key.self, of: "process", ["id": \.id, "hierarchy": \.hierarchy, "unused": \.unused]),
    Layout(cgroup_waits.self, of: "sched", ["runqueue": \.runqueue]),
  ]

  @Test(arguments: layouts)
  func bothSidesHaveTheSameLayout(layout: Layout) throws {
    let names = layout.members.keys.sorted()
    let compiled = try ProgramObject(layout.object).layout(of: layout.name, members: names)
    #expect(compiled.size == layout.size)
    for (name, offset) in zip(names, compiled.offsets) { #expect(layout.members[name] == offset, "\(name)") }
  }

  /// Every struct and every member in the headers is among those compared.
  @Test func everySharedStructIsCompared() throws {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appending(path: "../..")
    let folder = root.appending(path: "bpf/include/layouts")
    let text = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
      .map { try String(contentsOf: $0, encoding: .utf8) }.joined()
    var declared: [String: Set<String>] = [:]
    for match in text.matches(of: /(?m)^struct (\w+) \{\n((?:.*\n)*?)\};/) {
      let members = match.2.matches(of: /(?m)^\t(?:struct )?\w+ (\w+)(?:\[\w+\])*;/).map { String($0.1) }
      declared[String(match.1)] = Set(members)
    }
    #expect(declared.count > 10)
    let compared = Dictionary(uniqueKeysWithValues: Self.layouts.map { ($0.name, Set($0.members.keys)) })
    #expect(declared == compared)
  }
}
