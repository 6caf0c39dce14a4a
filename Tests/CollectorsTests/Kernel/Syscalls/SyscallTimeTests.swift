import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// How long system calls take where all are timed.
  @Suite(.serialized) struct SyscallTimeTests {
    /// The time of a call is the time it slept, to the percent, and its category is not that of what it waited beside.
    @Test(
      arguments: SyscallProgramForm.timed,
      [("nanosleep", "time"), ("pselect6", "poll")])
    func sleepsAreTimedInTheirOwnCategory(
      form: SyscallProgramForm, call: (name: String, category: String)
    ) throws {
      let labels = ["syscall": call.name, "category": call.category]
      var elapsed: UInt64 = 0
      let change = try quietest(try form.collectors(), until: { $0.sum("syscalls", labels) == 20 }) {
        try Load("sleeping-calls", syscallNumber(call.name), 20, 50_000)
      } run: { sleep in
        let quick = try Load("calls", syscallNumber("getpgid"), 20_000)
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

    /// A full hash loses times, says how many, and invents none; calls are counted all the same.
    @Test func timesLostToAFullMapAreCounted() throws {
      let collectors = try SyscallProgramForm.timedInHash.collectors { $0.scheduler.tasks = 1 }
      let load = try Load("calls", syscallNumber("getpgid"), 10_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.map(\.map) == ["syscall_tasks"])
      #expect(lost.map(\.cause) == ["full"])
      let timed = change.histogram("syscall_duration_seconds", ["category": "process"]).count
      #expect(lost[0].count + timed >= 10_000)
      #expect(lost[0].count > 0)
      #expect(change.sum("syscalls", ["syscall": "getpgid"]) >= 10_000)
    }

    @Test func histogramsByCallAreApartAndAddUp() throws {
      let collectors = try SyscallProgramForm.timedInStorage.collectors { $0.syscalls.hasHistogramsBySyscall = true }
      let load = try Load("calls", syscallNumber("getpgid"), 4_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let labels = ["syscall": "getpgid", "category": "process"]
      let histogram = change.histogram("syscall_duration_seconds", labels)
      #expect(histogram.count == change.sum("syscalls", labels))
      #expect(histogram.count >= 4_000)
      #expect(histogram.sum == change.sum("syscall_seconds", labels))
      // none is of a whole category; calls that had begun before are counted alone
      let read = change.to.reading
      let calls = read.series("syscalls")
      #expect(read.series("syscall_duration_seconds") <= calls)
      #expect(read.series("syscall_duration_seconds") >= calls / 2)
    }

    /// The histograms of all categories hold the calls and the time of all calls.
    @Test func histogramsAddUpToTheCalls() throws {
      let collectors = try SyscallProgramForm.timedInStorage.collectors()
      let load = try Load("ping-pong", 5_000)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      let histogram = change.histogram("syscall_duration_seconds")
      expectAgreement("calls", histogram.count, .init(about: change.sum("syscalls")), within: 0.01)
      #expect(histogram.sum == change.sum("syscall_seconds"))
      #expect(histogram.count >= 20_000)
    }

    /// Calls in flight while the programs were away are of no use: a stamp from before is not taken for a beginning.
    @Test func timeWhileDetachedIsInNoCall() throws {
      let collectors = try SyscallProgramForm.timedInStorage.collectors()
      let programs = try #require(collectors.context.kernel.loaded.first)
      let change = try quietest(collectors, until: { $0.sum("syscalls", ["syscall": "pselect6"]) == 2 }) {
        try Load("sleeping-calls", syscallNumber("pselect6"), 3, 700_000)
      } run: { load in
        load.begin()
        pause(seconds: 0.3)
        programs.detach()
        pause(seconds: 0.8)
        try programs.reattach()
        try load.waitUntilDone()
      }
      // the first one ended while nobody watched, and the second one began
      #expect(change.sum("syscalls", ["syscall": "pselect6"]) == 2)
      let seconds = change.sum("syscall_seconds", ["syscall": "pselect6"])
      #expect(seconds >= 700_000_000)
      #expect(seconds < 1_000_000_000)
    }
  }
}
