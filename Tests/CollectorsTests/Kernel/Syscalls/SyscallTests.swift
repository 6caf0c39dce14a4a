import BPF
import Exposition
import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// System calls made a known number of times, in both forms of the programs.
  @Suite(.serialized) struct SyscallTests {
    private func collectors(
      _ form: TaskForm?, _ change: (inout CollectorOptions) -> Void = { _ in }
    ) throws -> LiveCollectors {
      try LiveCollectors(["syscalls"]) {
        $0.syscalls.form = form
        change(&$0)
      }
    }

    private func number(_ name: String) -> Int {
      (0...SyscallTable.native.highest).first { SyscallTable.native.name($0) == name } ?? -1
    }

    /// What `load` changed in the first run in which nobody else made the same calls, or in the last of many.
    private func quietest(
      _ collectors: LiveCollectors, until isExact: (Change<Void>) -> Bool, _ load: () throws -> Load,
      run: (Load) throws -> Void = { try $0.run() }
    ) throws -> Change<Void> {
      var last: Change<Void>?
      for _ in 0..<20 {
        let load = try load()
        let from = try collectors.read(beside: {})
        try run(load)
        let change = Change(from: from, to: try collectors.read(beside: {}))
        if isExact(change) { return change }
        last = change
      }
      return last!
    }

    /// One that is common and two that hardly anything calls.
    @Test(arguments: TaskForm.allCases, ["getpid", "getpgid", "sched_get_priority_max"])
    func callsAreCountedOnce(form: TaskForm, name: String) throws {
      let count: UInt64 = 54_321
      let change = try quietest(try collectors(form), until: { $0.sum("syscalls", ["syscall": name]) == count }) {
        try Load("calls", number(name), count)
      }
      #expect(change.sum("syscalls", ["syscall": name]) == count)
      #expect(change.sum("syscalls", ["syscall": name, "category": "process"]) == count)
      #expect(change.histogram("syscall_duration_seconds", ["category": "process"]).count >= count)
    }

    /// perf's own benchmark is a loop of getppid().
    @Test func perfBenchSyscallBasicIsCounted() throws {
      let collectors = try collectors(nil)
      let perf = Process()
      perf.executableURL = URL(fileURLWithPath: "/usr/bin/perf")
      perf.arguments = ["bench", "syscall", "basic", "-l", "200000"]
      perf.standardOutput = FileHandle.nullDevice
      let from = try collectors.read(beside: {})
      try perf.run()
      perf.waitUntilExit()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(perf.terminationStatus == 0)
      expectAgreement(
        "getppid", change.sum("syscalls", ["syscall": "getppid"]), .init(about: 200_000), within: 0.001)
    }

    @Test(arguments: TaskForm.allCases)
    func errorsAreCountedByName(form: TaskForm) throws {
      let collectors = try collectors(form)
      let change = try quietest(collectors, until: { $0.sum("syscall_errors", ["errno": "EBADF"]) == 2_345 }) {
        try Load("calls", number("close"), 2_345, -1)
      }
      #expect(change.sum("syscall_errors", ["errno": "EBADF"]) == 2_345)
      #expect(change.sum("syscalls", ["syscall": "close"]) >= 2_345)
    }

    /// The call fails with a code of the kernel's own; the end of the handler brings EINTR back into the register, which
    /// is no second error.
    @Test func interruptedCallIsOneErrorByTheKernelsName() throws {
      let change = try quietest(
        try collectors(nil),
        until: {
          $0.sum("syscall_errors", ["errno": "ERESTARTNOHAND"]) == 500
            && $0.sum("syscall_errors", ["errno": "EINTR"]) < 500
        }
      ) { try Load("interrupted-calls", 500) }
      #expect(change.sum("syscall_errors", ["errno": "ERESTARTNOHAND"]) == 500)
      #expect(change.sum("syscall_errors", ["errno": "EINTR"]) < 500)
      #expect(change.sum("syscalls", ["syscall": "rt_sigreturn", "category": "signal"]) >= 500)
    }

    /// 9999 is past every table, and 423 no call's; 500 is not given to any yet, and may be in a newer kernel.
    @Test(arguments: TaskForm.allCases, [(9_999, "unknown"), (423, "unknown"), (500, "500")])
    func numberWithoutANameIsShownOrUnknown(form: TaskForm, call: (number: Int, label: String)) throws {
      let collectors = try collectors(form)
      let load = try Load("calls", call.number, 777)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.sum("syscalls", ["syscall": call.label, "category": "other"]) == 777)
      #expect(change.sum("syscalls", ["syscall": call.label]) == 777)
      #expect(change.sum("syscall_errors", ["errno": "ENOSYS"]) >= 777)
    }

    #if arch(x86_64)
      /// getpid() by the 32-bit table has the number of writev(): it is neither.
      @Test(arguments: TaskForm.allCases)
      func callsOf32BitProgramsAreApart(form: TaskForm) throws {
        let collectors = try collectors(form)
        let load = try Load("compat-calls", 20, 4_321)
        let from = try collectors.read(beside: {})
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: {}))
        #expect(change.sum("syscalls", ["syscall": "compat", "category": "other"]) == 4_321)
        #expect(change.sum("syscalls", ["syscall": "writev"]) < 4_321)
      }
    #endif

    /// The time of a call is the time it slept, to the percent, and its category is not that of what it waited beside.
    @Test(
      arguments: TaskForm.allCases,
      [("nanosleep", "time"), ("pselect6", "poll")])
    func sleepsAreTimedInTheirOwnCategory(
      form: TaskForm, call: (name: String, category: String)
    ) throws {
      let labels = ["syscall": call.name, "category": call.category]
      var elapsed: UInt64 = 0
      let change = try quietest(try collectors(form), until: { $0.sum("syscalls", labels) == 20 }) {
        try Load("sleeping-calls", number(call.name), 20, 50_000)
      } run: { sleep in
        let quick = try Load("calls", number("getpgid"), 20_000)
        let start = MonotonicClock.now
        try sleep.run()
        elapsed = MonotonicClock.now - start
        try quick.run()
      }
      #expect(change.sum("syscalls", labels) == 20)
      expectAgreement(
        "\(form) \(call.name)", change.sum("syscall_seconds", labels), 1_000_000_000...elapsed, within: 0.01)
      // every one is in a bucket around 50 ms or, where the CPU was not free at once, above
      let slots = change.histogram("syscall_duration_seconds", ["category": call.category]).slots
      #expect(slots[26...].reduce(0, +) >= 20)
      // the calls beside them are not drowned: their mean is thousands of times smaller
      let mean = change.sum("syscall_seconds", ["syscall": "getpgid"]) / change.sum("syscalls", ["syscall": "getpgid"])
      #expect(change.sum("syscall_seconds", labels) / 20 > 1000 * mean)
      #expect(change.sum("syscalls", ["syscall": "getpgid", "category": "process"]) >= 20_000)
    }

    /// A call that never returns ends with its thread, and a thread killed inside a call leaves nothing behind.
    @Test(arguments: TaskForm.allCases)
    func threadsThatEndInsideACallLeaveNothing(form: TaskForm) throws {
      let collectors = try collectors(form)
      let ending = try Load("children", 1_000, "succeeds")
      let killed = try Load("killed-in-calls", 1_000)
      let from = try collectors.read(beside: {})
      try ending.run()
      try killed.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.sum("syscalls", ["syscall": "exit_group", "category": "process"]) >= 1_000)
      // some die before they are in it
      #expect(change.sum("syscalls", ["syscall": "pause"]) + change.sum("syscalls", ["syscall": "ppoll"]) > 50)

      let maps = collectors.context.kernel.loaded.flatMap { $0.maps() }
      #expect(maps.contains { $0.name == "syscall_tasks" } == (form == .hashed))
      if form == .hashed {
        let entries = try #require(maps.first { $0.name == "syscall_tasks" }?.entries())
        // those that live, and not the two thousand that ended
        #expect(entries > 2)
        #expect(entries < 1_000)
        #expect(entries <= (try tasks()) + 50)
      }
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.map { $0.count } == [0])
    }

    /// How many threads there are on the machine.
    private func tasks() throws -> Int {
      let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
      return processes.reduce(0) {
        $0 + ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\($1)/task").count) ?? 0)
      }
    }

    /// A full hash loses calls, says how many, and invents none.
    @Test func callsLostToAFullMapAreCounted() throws {
      let collectors = try collectors(.hashed) { $0.scheduler.tasks = 1 }
      let load = try Load("calls", number("getpgid"), 10_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.map(\.map) == ["syscall_tasks"])
      #expect(lost.map(\.cause) == ["full"])
      #expect(lost[0].count + change.sum("syscalls", ["syscall": "getpgid"]) >= 10_000)
      #expect(lost[0].count > 0)
    }

    @Test func histogramsByCallAreApartAndAddUp() throws {
      let collectors = try collectors(nil) { $0.syscalls.hasHistogramsBySyscall = true }
      let load = try Load("calls", number("getpgid"), 4_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let labels = ["syscall": "getpgid", "category": "process"]
      let histogram = change.histogram("syscall_duration_seconds", labels)
      #expect(histogram.count == change.sum("syscalls", labels))
      #expect(histogram.count >= 4_000)
      #expect(histogram.sum == change.sum("syscall_seconds", labels))
      // none is of a whole category
      let read = change.to.reading
      #expect(read.series("syscall_duration_seconds") == read.series("syscalls"))
    }

    /// The histograms of all categories hold the calls and the time of all calls.
    @Test func histogramsAddUpToTheCalls() throws {
      let collectors = try collectors(nil)
      let load = try Load("ping-pong", 5_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let histogram = change.histogram("syscall_duration_seconds")
      expectAgreement("calls", histogram.count, .init(about: change.sum("syscalls")), within: 0.01)
      #expect(histogram.sum == change.sum("syscall_seconds"))
      #expect(histogram.count >= 20_000)
    }

    /// Only what was seen has a series.
    @Test func callNobodyMadeHasNoSeries() throws {
      let collectors = try collectors(nil)
      try Load("calls", number("getpgid"), 1).run()
      let reading = try collectors.read()
      #expect(reading.series("syscalls", ["syscall": "getpgid"]) == 1)
      #expect(reading.series("syscalls", ["syscall": "kexec_load"]) == 0)
      #expect(reading.series("syscalls", ["syscall": ""]) == 0)
      #expect(reading.series("syscall_errors", ["errno": "EL3HLT"]) == 0)
    }

    /// Calls in flight while the programs were away are of no use: a stamp from before is not taken for a beginning.
    @Test func timeWhileDetachedIsInNoCall() throws {
      let collectors = try collectors(nil)
      let programs = try #require(collectors.context.kernel.loaded.first)
      let change = try quietest(collectors, until: { $0.sum("syscalls", ["syscall": "pselect6"]) == 1 }) {
        try Load("sleeping-calls", number("pselect6"), 3, 700_000)
      } run: { load in
        load.begin()
        pause(seconds: 0.3)
        programs.detach()
        pause(seconds: 0.8)
        try programs.reattach()
        try load.waitUntilDone()
      }
      // the first two began or ended while nobody watched
      #expect(change.sum("syscalls", ["syscall": "pselect6"]) == 1)
      let seconds = change.sum("syscall_seconds", ["syscall": "pselect6"])
      #expect(seconds >= 700_000_000)
      #expect(seconds < 1_000_000_000)
    }
  }
}
