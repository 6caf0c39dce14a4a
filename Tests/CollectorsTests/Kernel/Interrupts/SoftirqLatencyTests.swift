import BPFPrograms
import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// From raising a software interrupt to its handler.
  @Suite(.serialized) struct SoftirqLatencyTests {
    /// Vectors that hardly anything raises.
    private static let idle: UInt64 = 5
    private static let idleName = "IRQ_POLL"

    private func programs() throws -> (LiveCollectors, InterruptPrograms) {
      let collectors = try LiveCollectors(["irq"])
      return (collectors, try collectors.context.kernel.interrupts())
    }

    /// Against the same events as the kernel's own tracing has them.
    @Test func latencyIsThatOfTheTrace() throws {
      let trace = try Trace(["irq/softirq_raise", "irq/softirq_entry"])
      let collectors = try LiveCollectors(["irq"])
      try expectAgreementUndisturbed { try compare(collectors, trace) }
    }

    private func compare(_ collectors: LiveCollectors, _ trace: Trace) throws -> [String?] {
      let load = try Load("datagrams", 4_000)
      let switching = try Load("ping-pong", 4_000)
      let from = try collectors.read(beside: {})
      let forking = try Load("children", 200, "succeeds")
      try trace.record {
        try forking.run()
        try load.run()
        try switching.run()
        pause(seconds: 0.5)
      }
      let change = Change(from: from, to: try collectors.read(beside: {}))
      var raised: [String: UInt64] = [:]
      var counts: [String: UInt64] = [:]
      var sums: [String: UInt64] = [:]
      try trace.forEach { event in
        guard let vector = event.fields.split(separator: "action=").last?.prefix(while: { $0 != "]" }) else { return }
        let key = "\(event.cpu) \(vector)"
        if event.name == "softirq_raise" {
          if raised[key] == nil { raised[key] = event.nanoseconds }
        } else if let since = raised.removeValue(forKey: key) {
          counts[String(vector), default: 0] += 1
          sums[String(vector), default: 0] += event.nanoseconds - since
        }
      }
      #expect(counts["NET_RX", default: 0] >= 4_000)
      return counts.filter { $0.value >= 100 }.flatMap { vector, count in
        let latency = change.histogram("softirq_latency_seconds", ["vector": vector])
        return [
          // the recording is a little shorter than the time between the readings
          disagreement("\(vector) waits", latency.count, .init(about: count), within: 0.05, slack: 30),
          // the trace has microseconds: of many their mean is right
          disagreement(
            "\(vector) waited", latency.sum / max(1, latency.count), .init(about: sums[vector]! / count), within: 0.25,
            slack: 200),
        ]
      }
    }

    @Test func firstOfSeveralRaisesCounts() throws {
      let (collectors, programs) = try programs()
      let cpu = usableCPUs[0]
      let from = try collectors.read(beside: {})
      try programs.run("softirq_raise", on: cpu, Self.idle)
      pause(seconds: 0.02)
      try programs.run("softirq_raise", on: cpu, Self.idle)
      try programs.run("softirq_entry", on: cpu, Self.idle)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let latency = change.histogram("softirq_latency_seconds", ["vector": Self.idleName])
      #expect(latency.count == 1)
      #expect(latency.sum >= 20_000_000)
    }

    /// What runs without having been raised where it can be seen takes no stamp of another time.
    @Test func noStampIsUsedTwiceOrFromAnotherCPU() throws {
      let (collectors, programs) = try programs()
      let cpu = usableCPUs[0]
      let from = try collectors.read(beside: {})
      try programs.run("softirq_raise", on: cpu, Self.idle)
      if usableCPUs.count > 1 { try programs.run("softirq_entry", on: usableCPUs[1], Self.idle) }
      try programs.run("softirq_entry", on: cpu, Self.idle)
      try programs.run("softirq_entry", on: cpu, Self.idle)
      // a vector no kernel has
      try programs.run("softirq_raise", on: cpu, 77)
      try programs.run("softirq_entry", on: cpu, 77)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.histogram("softirq_latency_seconds", ["vector": Self.idleName]).count == 1)
    }

    /// A CPU that goes offline may leave a vector raised; programs that were detached have not seen what ran.
    @Test func stampsDoNotOutliveTheCPUOrTheAttachment() throws {
      let (collectors, programs) = try programs()
      let cpu = usableCPUs[0]
      let from = try collectors.read(beside: {})
      try programs.run("softirq_raise", on: cpu, Self.idle)
      try programs.run("cpuhp_enter", on: cpu)
      try programs.run("softirq_entry", on: cpu, Self.idle)
      try programs.run("softirq_raise", on: cpu, Self.idle)
      programs.detach()
      try programs.reattach()
      try programs.run("softirq_entry", on: cpu, Self.idle)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.histogram("softirq_latency_seconds", ["vector": Self.idleName]).count == 0)
    }
  }
}
