import BPF
import BPFPrograms
import Foundation
import Host
import Logging
import Testing

@testable import Collectors

extension KernelTests {
  /// Interrupts against the kernel's own counts of them.
  @Suite(.serialized) struct InterruptTimeTests {
    private static func softirqs() throws -> [String: UInt64] {
      let vectors = try SoftInterrupts(paths: HostPaths()).vectors
      return Dictionary(uniqueKeysWithValues: vectors.map { ($0.name, $0.counts.reduce(0, +)) })
    }

    private static func hardirqs() throws -> [Int: UInt64] {
      var counts: [Int: UInt64] = [:]
      for interrupt in try Interrupts(paths: HostPaths()).interrupts {
        if let number = interrupt.number { counts[number] = interrupt.counts.reduce(0, +) }
      }
      return counts
    }

    @Test(arguments: InterruptPrograms.Form.allCases)
    func softirqsAreThoseOfProcSoftirqs(form: InterruptPrograms.Form) throws {
      let collectors = try LiveCollectors(["irq"]) { $0.interrupts.form = form }
      try expectAgreementUndisturbed {
        let load = try Load("datagrams", 40_000)
        let from = try collectors.read(beside: Self.softirqs)
        try load.run()
        try Load("ping-pong", 20_000).run()
        let change = Change(from: from, to: try collectors.read(beside: Self.softirqs))
        #expect(change.kernel { $0["NET_RX"]! }.lowerBound >= 40_000)
        return IRQCollector.vectors.map { vector in
          let ran = change.histogram("softirq_duration_seconds", ["vector": vector])
          #expect(ran.count == 0 || ran.sum > 0)
          let waited = change.histogram("softirq_latency_seconds", ["vector": vector])
          // the two families are read one after the other
          #expect(waited.count <= ran.count + 32)
          // one may be running on each CPU as the table is read
          return disagreement(
            "\(form) \(vector)", ran.count, change.kernel { $0[vector] ?? 0 }, within: 0.001,
            slack: UInt64(usableCPUs.count))
        }
      }
    }

    @Test(arguments: InterruptPrograms.Form.allCases)
    func hardirqsAreThoseOfProcInterrupts(form: InterruptPrograms.Form) throws {
      let collectors = try LiveCollectors(["irq"]) { $0.interrupts.form = form }
      try expectAgreementUndisturbed {
        let load = try Load("disk-writes", 500)
        let from = try collectors.read(beside: Self.hardirqs)
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: Self.hardirqs))
        #expect(change.kernel { $0.values.reduce(0, +) }.lowerBound >= 500, "the disk makes interrupts")
        return try Interrupts(paths: HostPaths()).interrupts.map { interrupt in
          guard let number = interrupt.number, !interrupt.name.isEmpty else { return nil }
          let count = change.histogram("hardirq_duration_seconds", ["irq": "\(number)", "name": interrupt.name]).count
          return disagreement(
            "\(form) irq \(number) \(interrupt.name)", count, change.kernel { $0[number] ?? 0 }, within: 0.001, slack: 2
          )
        }
      }
    }

    /// What is counted by vector and by interrupt is the time that `cpu` takes out of what was interrupted.
    @Test func timeIsThatOfTheCPUs() throws {
      let collectors = try LiveCollectors(["cpu", "irq"])
      #expect(collectors.context.kernel.loaded.filter { $0 is InterruptPrograms }.count == 1)
      // the two are read one after the other
      try expectAgreementUndisturbed {
        let from = try collectors.read(beside: {})
        try Load("datagrams", 30_000).run()
        try Load("disk-writes", 300).run()
        let change = Change(from: from, to: try collectors.read(beside: {}))
        return [("softirq_duration_seconds", "softirq"), ("hardirq_duration_seconds", "hardirq")].map { family, mode in
          let time = change.sum("cpu_seconds", ["mode": mode])
          #expect(time > 0)
          return disagreement(mode, change.histogram(family).sum, .init(about: time), within: 0.01, slack: 50_000)
        }
      }
    }

    /// The programs of one collector do not do the work of the other.
    @Test func whatNobodyReadsIsLeftOut() throws {
      func programs(_ names: Set<String>) throws -> InterruptPrograms {
        var options = CollectorOptions()
        options.enabled = names
        let context = CollectorContext(options: options, logger: .init(label: "tests"))
        return try context.kernel.interrupts()
      }
      let ofCPU = try programs(["cpu"])
      let ofIRQ = try programs(["irq"])
      #expect(ofCPU.collector == "cpu" && ofIRQ.collector == "irq")
      #expect(!ofCPU.programs().contains { $0.name == "softirq_raise" })
      try Load("datagrams", 2_000).run()
      try Load("disk-writes", 50).run()
      let layout = MemoryLayout<InterruptsPerCPU>.self
      /// Whether any of the ten histograms, which lie side by side, holds anything.
      func counted(_ programs: InterruptPrograms, _ array: PartialKeyPath<InterruptsPerCPU>, slots: Int32) -> Bool {
        (0..<Int(SOFTIRQS) * Int(slots + 1)).contains {
          programs.cpus.sum(offset: layout.offset(of: array)! + $0 * 8) > 0
        }
      }
      func sum(_ programs: InterruptPrograms, _ sums: PartialKeyPath<InterruptsPerCPU>) -> UInt64 {
        let offset = layout.offset(of: sums)!
        return programs.cpus.sum(offset: offset) + programs.cpus.sum(offset: offset + 8)
      }
      #expect(sum(ofCPU, \.softirq_ns) > 0 && sum(ofCPU, \.hardirq_ns) > 0)
      #expect(
        !counted(ofCPU, \.durations, slots: SOFTIRQ_TIME_SLOTS)
          && !counted(ofCPU, \.latencies, slots: SOFTIRQ_WAIT_SLOTS))
      #expect(ofCPU.hardirqs.sum(offset: MemoryLayout<HardirqTimes>.offset(of: \.sum)!) == 0)
      #expect(sum(ofIRQ, \.softirq_ns) == 0)
      #expect(
        counted(ofIRQ, \.durations, slots: SOFTIRQ_TIME_SLOTS) && counted(ofIRQ, \.latencies, slots: SOFTIRQ_WAIT_SLOTS)
      )
    }
  }
}
