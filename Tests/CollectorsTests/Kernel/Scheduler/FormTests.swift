import Fixtures
import Collecting
import Exposition
import Foundation
import Glibc
import Host
import Logging
import Testing

@testable import BPF
@testable import Collectors

extension KernelTests {
  /// Which form of the scheduler programs is taken, and what happens where its map is too small.
  @Suite(.serialized) struct FormTests {
    private func programs(_ change: (inout CollectorOptions) -> Void) throws -> SchedulerPrograms {
      var options = CollectorOptions()
      options.enabled = ["sched"]
      change(&options)
      return try SchedulerPrograms.load(
        options: options, events: nil, watched: nil, weighing: nil, logger: Logger(label: "tests"))
    }

    @Test(.enabled(if: KernelBTF.isPresent))
    func formIsTheOneForWhatTheKernelKeeps() throws {
      let keepsWaits = try String(contentsOfFile: "/proc/self/schedstat", encoding: .utf8).hasSuffix(" 0\n") == false
      #expect(try programs { _ in }.form.kernelKeepsWaits == keepsWaits)
    }

    /// Without queue times of the kernel's own (CONFIG_SCHED_INFO, or `nodelayacct`) the wakeups are stamped.
    @Test(.enabled(if: KernelBTF.isPresent), arguments: ["0 0 0\n", "", nil])
    func kernelWithoutQueueTimesGetsStamps(schedstat: String?) throws {
      let tree = try TemporaryTree()
      try tree.folder("self")
      if let schedstat { try tree.write("self/schedstat", schedstat) }
      let form = try programs { $0.paths = HostPaths(procfs: tree.root, sysfs: "/sys") }.form
      #expect(form == .stamps || form == .hashed)
    }

    @Test(arguments: SchedulerPrograms.Form.allCases)
    func chosenFormIsTaken(form: SchedulerPrograms.Form) throws {
      #expect(try programs { $0.scheduler.form = form }.form == form)
    }

    /// `cpu` alone needs the switches; the other events cost nothing then.
    @Test func programsNobodyReadsAreNotLoaded() throws {
      let loaded = try programs { $0.enabled = ["cpu"] }.programs().map(\.name)
      #expect(loaded.contains("sched_switch"))
      #expect(
        !loaded.contains {
          $0.hasPrefix("sched_wakeup") || $0.hasPrefix("sched_process_f") && $0 != "sched_process_free"
        })
    }

    /// A hash that is full loses waits, says how many, and loses nothing else.
    @Test(arguments: SchedulerPrograms.Form.allCases.filter { !$0.usesTaskStorage })
    func wakeupsLostToAFullMapAreCounted(form: SchedulerPrograms.Form) throws {
      let collectors = try LiveCollectors(["sched"], form: form) { $0.scheduler.tasks = 2 }
      let load = try Load("ping-pong", 20_000, cpu: usableCPUs[0])
      let from = try collectors.read(beside: systemStatistics)
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: systemStatistics))
      expectAgreement(
        "\(form) full map", change.sum("sched_context_switches"), change.kernel(\.contextSwitches), within: 0.01)
      let oncpu = change.histogram("sched_oncpu_seconds").count
      #expect(oncpu >= 40_000)
      #expect(change.histogram("sched_offcpu_seconds").count < oncpu)

      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }.filter { $0.map == "task_waits" }
      #expect(lost.map(\.cause) == ["full"])
      #expect(lost[0].count > 0)
      let shown = try Reading(own: collectors.context).sum("bpf_lost_updates", ["map": "task_waits", "cause": "full"])
      #expect(shown >= lost[0].count)
    }

    @Test func nothingIsLostToARoomyMap() throws {
      let collectors = try LiveCollectors(["sched"], form: .hashed)
      try Load("ping-pong", 5_000).run()
      #expect(try Reading(own: collectors.context).sum("bpf_lost_updates") == 0)
      let entries = collectors.context.kernel.loaded.flatMap { $0.maps() }.first { $0.name == "task_waits" }
      #expect(entries?.capacity == CollectorOptions().scheduler.tasks)
      #expect((entries?.entries() ?? 0) > 2)
    }

    @Test(arguments: [(EPERM, StaticReason.permission), (EACCES, .hook), (EINVAL, .hook), (ENOENT, .hook)])
    func refusedCallHasAReasonAndACure(code: CInt, reason: StaticReason) {
      let failure = CollectorFailure(BPFError("load the eBPF object sched", errno: code, log: "libbpf: why\n"))
      #expect(failure.reason == (KernelBTF.isPresent || reason == .permission ? reason : .btf))
      #expect(failure.message.contains("sched"))
      #expect(!failure.cure.isEmpty)
    }
  }
}

extension Reading {
  /// The families of the program itself.
  init(own context: CollectorContext) throws {
    let collector = ProgramCollector(context, build: BuildInformation(version: "0", revision: "0"), statistics: nil)
    var writer = SampleWriter()
    try collector.collect(into: &writer)
    self.init(writer.finish())
  }
}
