import BPFPrograms
import Testing

@testable import Collectors

extension KernelTests {
  /// Histograms that tell eighths of powers of two apart, beside the same of powers of two over the same load.
  @Suite(.serialized) struct FineHistogramTests {
    private static let collectors: Set<String> = [
      "sched", "exits", "faults", "irq", "block", "net", "tcp", "syscalls", "locks", "loadtracking",
    ]

    /// Families that the loads below fill, and how far two readings that are not of one moment may be apart.
    private static let families = [
      "sched_runqueue_latency_seconds", "sched_oncpu_seconds", "sched_offcpu_seconds", "exited_process_cpu_seconds",
      "exited_process_lifetime_seconds", "softirq_duration_seconds", "softirq_latency_seconds",
      "hardirq_duration_seconds", "block_io_duration_seconds", "network_transmit_queue_seconds",
      "tcp_connect_duration_seconds", "tcp_rtt_seconds", "syscall_duration_seconds", "lock_contention_seconds",
      "load_tracking_error_ratio",
    ]

    private func open(isFine: Bool) throws -> LiveCollectors {
      try LiveCollectors(Self.collectors) {
        $0.hasFineHistograms = isFine
        $0.syscalls.timing = .all
      }
    }

    private func load() throws {
      let pair = try VethPair()
      let server = try pair.load(in: pair.right, "server", 80)
      let loads = [
        try Load("ping-pong", 30_000), try Load("children", 300, "succeeds"), try Load("disk-writes", 200),
        try Load("lock-storm", 3_000, 16), try Load("datagrams", 20_000),
        try pair.load(in: pair.left, "connects", "10.231.0.2", 80, 200, "closes"),
      ]
      for load in loads { load.begin() }
      for load in loads { try load.waitUntilDone() }
      server.end()
    }

    @Test func theSameIsCountedInEighths() throws {
      let coarse = try open(isFine: false)
      let fine = try open(isFine: true)
      let from = (try coarse.read(), try fine.read())
      try load()
      let to = (try coarse.read(), try fine.read())
      for family in Self.families {
        let whole = to.0.histogram(family) - from.0.histogram(family)
        let eighths = to.1.histogram(family) - from.1.histogram(family)
        #expect(whole.count > 0, "nothing in \(family)")
        #expect(eighths.eighths.reduce(0, +) == eighths.count, "\(family)")
        #expect(whole.eighths.allSatisfy { $0 == 0 }, "\(family)")
        // the two are read one after the other
        let slack = whole.count / 50 + 40
        if family == "lock_contention_seconds" {
          expectNeighbours(eighths.slots, whole.slots, slack, family)
          continue
        }
        for slot in whole.slots.indices {
          let (one, other) = (whole.slots[slot], eighths.slots[slot])
          #expect(max(one, other) - min(one, other) <= slack, "\(family), slot \(slot): \(one), \(other)")
        }
      }
    }

    /// Most waits for locks are as short as the programs at their ends, of which one reads the clock after the other has run:
    /// what the other has in a slot is in that or in the next one on either side.
    private func expectNeighbours(_ slots: [UInt64], _ others: [UInt64], _ slack: UInt64, _ family: String) {
      func upTo(_ slot: Int, _ slots: [UInt64]) -> UInt64 { slots[..<max(0, min(slots.count, slot + 1))].reduce(0, +) }
      for slot in slots.indices {
        let count = upTo(slot, slots)
        #expect(count + slack >= upTo(slot - 1, others), "\(family), up to slot \(slot)")
        #expect(count <= upTo(slot + 1, others) + slack, "\(family), up to slot \(slot)")
      }
      let (all, other) = (upTo(slots.count, slots), upTo(slots.count, others))
      #expect(max(all, other) - min(all, other) <= slack, "\(family): \(all), \(other)")
    }
  }
}
