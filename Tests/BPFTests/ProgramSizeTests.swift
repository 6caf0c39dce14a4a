import Testing

@testable import BPF

/// What a program costs goes by its instructions: none may double unseen.
struct ProgramSizeTests {
  /// By object and program, as they were last looked at: both halves of what the verifier chooses between.
  private static let known: [String: [String: Int]] = [
    "block": [
      "block_bio_queue": 302, "block_rq_complete": 811, "block_rq_issue": 117, "block_rq_requeue": 13,
    ],
    "cpu": [
      "cpu_idle": 44
    ],
    "exits": [
      "sched_process_exit": 562
    ],
    "faults": [
      "fault_begin": 68, "fault_end": 260, "sched_process_free": 9,
    ],
    "irq": [
      "cpuhp_enter": 27, "irq_handler_entry": 48, "irq_handler_exit": 327, "softirq_entry": 209,
      "softirq_exit": 229, "softirq_raise": 23,
    ],
    "irq_raw": [
      "cpuhp_enter": 27, "irq_handler_entry": 48, "irq_handler_exit": 315, "softirq_entry": 209,
      "softirq_exit": 229, "softirq_raise": 23,
    ],
    "kmem": [
      "kfree": 92, "kmalloc": 143, "kmalloc_node": 143, "kmem_cache_alloc": 155, "kmem_cache_alloc_node": 143,
      "kmem_cache_free": 94, "mm_page_alloc": 45, "mm_page_free": 43, "rcu_invoke_kfree_bulk_callback": 22,
    ],
    "loadtracking": [
      "pelt_se_tp": 1170, "sched_process_free": 138,
    ],
    "locks": [
      "contention_begin": 143, "contention_end": 459, "sched_process_free": 9, "watch_locks": 15,
    ],
    "net": [
      "find_host": 70, "kfree_skb": 149, "net_dev_queue": 46, "net_dev_start_xmit": 407, "net_dev_xmit": 150,
      "netif_receive_skb": 174, "qdisc_drop": 15, "qdisc_enqueue": 54,
    ],
    "pagecache": [
      "folio_mark_accessed": 119, "mark_page_accessed": 83, "mm_filemap_add_to_page_cache": 118,
      "mm_filemap_fault": 93, "mm_filemap_get_pages": 125, "mm_filemap_map_pages": 98, "writeback_dirty_folio": 180,
      "writeback_dirty_page": 148,
    ],
    "process": [
      "each_task": 529, "sched_process_free": 666,
    ],
    "sched": [
      "cpuhp_enter": 21, "sched_migrate_task": 13, "sched_process_exec": 20, "sched_process_exit": 816,
      "sched_process_fork": 20, "sched_process_free": 9, "sched_switch": 2302, "sched_wakeup": 74,
      "sched_wakeup_new": 86, "watch_cpu": 20, "weigh_running": 749,
    ],
    "sched_raw": [
      "cpuhp_enter": 21, "sched_migrate_task": 13, "sched_process_exec": 20, "sched_process_fork": 20,
      "sched_process_free": 9, "sched_switch": 639, "sched_wakeup": 47, "sched_wakeup_new": 50, "watch_cpu": 20,
    ],
    "signals": [
      "signal_generate": 27
    ],
    "syscalls": [
      "sched_process_exec": 41, "sched_process_exit": 1156, "sys_enter": 82, "sys_exit": 627,
    ],
    "tcp": [
      "inet_sock_set_state": 832, "tcp_receive_reset": 28, "tcp_retransmit_skb": 155, "tcp_retransmit_synack": 28,
      "tcp_send_reset": 28,
    ],
    "tree": [
      "adopt": 280, "each_member": 140, "release": 10, "sched_process_exec": 162, "sched_process_exit": 278,
      "sched_process_fork": 50, "sched_process_free": 28, "sched_switch": 306, "sock_recv_length": 35,
      "sock_send_length": 35, "sys_enter": 94, "sys_exit": 245,
    ],
  ]

  /// Other versions of clang make a few instructions more or less of the same source.
  @Test func noProgramHasGrownUnseen() throws {
    var found: [String: [String: Int]] = [:]
    for name in ProgramObject.embeddedNames {
      let counts = try ProgramObject(name).instructionCounts()
      if !counts.isEmpty { found[name] = counts }
    }
    for (object, programs) in found {
      for (program, count) in programs {
        let limit = (Self.known[object]?[program] ?? 0) * 5 / 4 + 8
        #expect(
          count <= limit,
          "\(object) \(program) has \(count) instructions: if they are worth what they cost at each event, list them")
      }
    }
    for (object, programs) in Self.known {
      for program in programs.keys where found[object]?[program] == nil {
        Issue.record("\(object) has no program \(program)")
      }
    }
  }
}
