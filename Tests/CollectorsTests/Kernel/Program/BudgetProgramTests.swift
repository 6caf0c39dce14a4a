import BPF
import Collecting
import Exposition
import Foundation
import Glibc
import Host
import Logging
import Synchronization
import Testing

@testable import Collectors

extension KernelTests {
  /// What a budget does to programs in the kernel: the clock is the tests' own, the load and its cost are real.
  @Suite(.serialized) struct BudgetProgramTests {
    /// A set with a budget, and what it told.
    private final class Scene: Sendable {
      let clock: Mutex<UInt64>
      let events = Mutex<[String]>([])
      private let helper: PrivilegedHelper
      private let sets = Mutex<CollectorSet?>(nil)

      var set: CollectorSet { sets.withLock { $0! } }

      init(_ names: Set<String>, limit: Double) throws {
        let start = MonotonicClock.now
        clock = Mutex(start)
        let helper = try PrivilegedHelper(for: .statistics, keeping: .sysAdmin, paths: HostPaths())
        self.helper = helper
        let set = CollectorSet(
          Registry.collectors, enabled: names,
          context: {
            var options = CollectorOptions()
            options.enabled = names
            return CollectorContext(options: options, logger: Logger(label: "tests"))
          },
          program: {
            ProgramCollector(
              $0, build: BuildInformation(version: "1", revision: "tests"), statistics: helper.setStatistics)
          },
          beside: OwnThread.run, now: { [self] in clock.withLock { $0 } },
          clock: SeriesClock(monotonic: start, realtime: RealtimeClock.now),
          budget: BudgetSettings(limit: limit, cpuTime: { OwnProcess.threadNanoseconds }),
          report: { [self] event in
            guard case .budget(let step, _, _, let level) = event else { return }
            let text =
              switch step {
              case .down(let name, _, _): "down \(name) \(level)"
              case .up(let name, _, _): "up \(name) \(level)"
              case .helpless: "helpless \(level)"
              }
            events.withLock { $0.append(text) }
          })
        sets.withLock { $0 = set }
      }

      /// Ten seconds, and `load` in the one in which run time is measured.
      func check(_ load: () throws -> Void = {}) throws {
        for second in 0..<10 {
          clock.withLock { $0 += 1_000_000_000 }
          _ = set.sampleDue()
          if second == 0 { try load() }
        }
      }

      func read() -> [Reading] { set.collect(CollectorSelection()).map { Reading($0) } }

      func sum(_ family: String, _ labels: [String: String] = [:]) -> UInt64 {
        read().reduce(0) { $0 + $1.sum(family, labels) }
      }

      /// Series of a gauge with these labels and value.
      func has(_ family: String, _ labels: [String: String], _ value: Int64) -> Bool {
        read().contains { $0.gauge(family, labels) == value }
      }

      func series(_ family: String) -> Int { read().reduce(0) { $0 + $1.series(family) } }
    }

    /// The programs that this process has links of, as the kernel tells of its descriptors.
    private func linkedPrograms() throws -> [String] {
      try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo").compactMap { descriptor in
        guard let text = try? String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8),
          text.contains("link_type:")
        else { return nil }
        return text.split(separator: "\n").first { $0.hasPrefix("prog_id:") }.map(String.init)
      }
    }

    @Test func theCostliestIsDetachedAndCountsAnewAsItComesBack() throws {
      let scene = try Scene(["syscalls", "signals", "exits"], limit: 0.02)
      let calls = { try Load("calls", syscallNumber("getpgid"), 1_000_000).run() }
      let linked = try linkedPrograms()
      // what the first check is compared with
      try scene.check()
      for _ in 1...3 { try scene.check(calls) }
      #expect(scene.events.withLock { $0 } == ["down syscalls 1"])

      // the links are gone, and only those of its programs that had one
      let left = try linkedPrograms()
      #expect(linked.count - left.count == 3, "sys_exit, sched_process_exit, sched_process_exec")
      #expect(Set(left).isSubset(of: Set(linked)))
      #expect(scene.series("syscalls") == 0)
      #expect(scene.series("syscall_errors") == 0)
      #expect(scene.has("collector_up", ["collector": "syscalls", "reason": "budget"], 0))
      #expect(scene.has("collector_up", ["collector": "signals", "reason": ""], 1))
      #expect(scene.has("overhead_level", [:], 1))
      let program = ["collector": "syscalls", "program": "sys_exit"]
      #expect(scene.has("bpf_program_attached", program.merging(["reason": "budget"]) { $1 }, 0))
      let signal = ["collector": "signals", "program": "signal_generate", "reason": ""]
      #expect(scene.has("bpf_program_attached", signal, 1))

      // it runs no more, and the others go on counting all
      try scene.check()
      let runs = scene.sum("bpf_program_runs", program)
      let signals = scene.sum("signals", ["signal": "SIGWINCH"])
      try scene.check {
        try calls()
        for _ in 0..<500 { kill(getpid(), SIGWINCH) }
      }
      #expect(runs >= 2_000_000)
      #expect(scene.sum("bpf_program_runs", program) == runs)
      #expect(scene.sum("signals", ["signal": "SIGWINCH"]) - signals >= 500)

      // the load has gone
      for _ in 0..<200 where scene.events.withLock({ $0.count }) < 2 { try scene.check() }
      #expect(scene.events.withLock { $0 } == ["down syscalls 1", "up syscalls 0"])
      #expect(try linkedPrograms().count == linked.count)
      #expect(scene.has("bpf_program_attached", program.merging(["reason": ""]) { $1 }, 1))
      #expect(scene.has("overhead_level", [:], 0))
      try Load("calls", syscallNumber("getpgid"), 12_345).run()
      #expect(scene.sum("syscalls", ["syscall": "getpgid"]) == 12_345)
    }

    /// Nothing that costs is the collectors' that can be shed: what feeds several stays.
    @Test func sharedProgramsStay() throws {
      let scene = try Scene(["sched", "cpu", "exits"], limit: 0.000_001)
      for _ in 1...4 { try scene.check { try Load("calls", syscallNumber("sched_yield"), 200_000).run() } }
      #expect(scene.events.withLock { $0 } == ["helpless 0"])
      #expect(scene.series("sched_context_switches") > 0)
    }

    /// All that a collector has noted is forgotten while nothing is counted.
    @Test(arguments: ["syscalls", "signals", "tcp", "net", "pagecache", "kmem", "locks", "loadtracking"])
    func clearedProgramsHaveCountedNothing(name: String) throws {
      let collectors = try LiveCollectors([name]) { $0.syscalls.timing = .all }
      let programs = try #require(
        collectors.context.kernel.loaded.compactMap { $0 as? any RestartablePrograms }.first { $0.collector == name })
      let counted = { (try collectors.counters()).values.reduce(0, &+) }
      let work = {
        switch name {
        case "net": try Load("datagrams", 500).run()
        case "pagecache": try Load("read-pages-of-file", 500).run()
        default: try Load("calls", syscallNumber("getpgid"), 10_000).run()
        }
        kill(getpid(), SIGWINCH)
      }
      let isSure = ["syscalls", "signals", "kmem", "net", "pagecache"].contains(name)
      try work()
      programs.detach()
      let before = try counted()
      if isSure { #expect(before > 0) }
      try programs.clear()
      // what devices have shown is the collector's to forget
      if name != "net" { #expect(try counted() == 0) }
      for map in programs.maps() where map.isSized && map.entries() != map.capacity {
        #expect(map.entries() == (map.name == "kmem_sites" ? 1 : 0), "\(map.name)")
      }
      try programs.reattach()
      try work()
      if isSure { #expect(try counted() > 0) }
    }

    /// What devices have shown is forgotten with what the programs have counted.
    @Test func devicesBeginAnewAsTheirCollectorComesBack() throws {
      let definition = try #require(Registry.collectors.first { $0.name == "net" })
      let collector = try #require(
        try definition.make(try LiveCollectors(["net"]).context) as? any SheddableCollector)
      func packets() throws -> UInt64 {
        var writer = SampleWriter()
        try collector.collect(into: &writer)
        return Reading(writer.finish()).sum("network_packets", ["device": "lo", "direction": "receive"])
      }
      try Load("datagrams", 700).run()
      #expect(try packets() >= 700)
      collector.shed()
      try Load("datagrams", 5000).run()
      try collector.comeBack()
      #expect(try packets() < 100)
      try Load("datagrams", 300).run()
      let counted = try packets()
      #expect(counted >= 300 && counted < 700, "\(counted)")
    }
  }
}
