import BPF
import Glibc
import Testing

@testable import Collectors

extension KernelTests {
  /// Calls that are timed now and then stand for all of them.
  @Suite(.serialized) struct SampledCallTests {
    private func times(window: UInt64, gap: UInt64) -> RandomWindows.Times {
      var times = RandomWindows.Times()
      times.window = window
      times.meanGap = gap
      return times
    }

    private func sampling() throws -> LiveCollectors {
      try SyscallProgramForm.sampled.collectors {
        $0.syscalls.windows = nil
        $0.syscalls.hasHistogramsBySyscall = true
      }
    }

    /// What changes while windows are opened and `run` runs, and how many windows there were.
    private func sample(
      _ collectors: LiveCollectors, window: UInt64, gap: UInt64, _ run: () throws -> Void
    ) throws -> (change: Change<Void>, windows: Int) {
      let entry = try #require(try collectors.programs(SyscallPrograms.self).entry)
      let windows = try RandomWindows(entry, times(window: window, gap: gap))
      let from = try collectors.read(beside: {})
      windows.start()
      try run()
      windows.end()
      // calls that began in the last window
      pause(seconds: 0.3)
      #expect(windows.failure == nil)
      return (Change(from: from, to: try collectors.read(beside: {})), windows.count)
    }

    /// The two-sample test of Kolmogorov and Smirnov over the slots. Calls of one window depend on each other, so it is
    /// their number that counts for the sample's size: 1.95 is exceeded once in a thousand times.
    @Test func shapeIsThatOfAllCalls() throws {
      let all = try SyscallProgramForm.timedInStorage.collectors { $0.syscalls.hasHistogramsBySyscall = true }
      let sampled = try sampling()
      let loads = try (0..<8).map { _ in try Load("mixed-sleeps", 500, 200, 8_000) }
      let from = try all.read(beside: {})
      let (change, windows) = try sample(sampled, window: 2_000_000, gap: 18_000_000) {
        for load in loads { load.begin() }
        for load in loads { try load.waitUntilDone() }
      }
      let labels = ["syscall": "pselect6"]
      let expected = Change(from: from, to: try all.read(beside: {})).histogram("syscall_duration_seconds", labels)
      let found = change.histogram("syscall_duration_seconds", labels)
      #expect(expected.count >= 12_000)
      #expect(windows >= 100)
      #expect(found.count >= 200 && found.count < expected.count / 2)
      var (difference, sums) = (0.0, (0.0, 0.0))
      for (one, other) in zip(found.slots, expected.slots) {
        sums.0 += Double(one) / Double(found.count)
        sums.1 += Double(other) / Double(expected.count)
        difference = max(difference, abs(sums.0 - sums.1))
      }
      #expect(difference < 1.95 / Double(windows).squareRoot(), "\(difference) with \(windows) windows")
      // the longest are four times as long as a window, and neither lost nor cut
      let mean = Double(found.sum) / Double(found.count) / (Double(expected.sum) / Double(expected.count))
      #expect(mean > 0.6 && mean < 1.6, "\(mean)")
    }

    /// A load with the very period of the windows is neither always nor never hit: of 100 calls a fifth, and less than
    /// once in a million times five deviations (4 calls each) away from that.
    @Test func loadOfTheSamePeriodIsNotInStep() throws {
      let sampled = try sampling()
      let load = try Load("periodic-calls", syscallNumber("getpgid"), 100, 50_000)
      let (change, _) = try sample(sampled, window: 10_000_000, gap: 40_000_000) { try load.run() }
      let labels = ["syscall": "getpgid"]
      #expect(change.sum("syscalls", labels) >= 100)
      let timed = change.histogram("syscall_duration_seconds", labels).count
      #expect(timed >= 1 && timed <= 40 + (change.sum("syscalls", labels) - 100), "\(timed)")
    }

    /// A call that began in a window is timed to its end, however long after that.
    @Test func callLongerThanAWindowHasItsWholeLength() throws {
      let sampled = try sampling()
      let entry = try #require(try sampled.programs(SyscallPrograms.self).entry)
      let change = try quietest(sampled, until: { $0.sum("syscalls", ["syscall": "nanosleep"]) == 1 }) {
        try Load("sleeping-calls", syscallNumber("nanosleep"), 1, 400_000)
      } run: { load in
        try entry.on()
        load.begin()
        pause(seconds: 0.1)
        entry.off()
        try load.waitUntilDone()
      }
      let histogram = change.histogram("syscall_duration_seconds", ["syscall": "nanosleep"])
      #expect(histogram.count == 1)
      #expect(histogram.sum >= 400_000_000 && histogram.sum < 1_000_000_000)
    }

    /// Nothing is at the entry of system calls outside windows, nor where none is timed; and nothing is timed then.
    @Test func entryIsFreeOutsideWindows() throws {
      let sampled = try sampling()
      let programs = try sampled.programs(SyscallPrograms.self)
      let (from, runs) = (try sampled.read(beside: {}), { programs.entry?.isOn })
      #expect(runs() == false)
      try Load("calls", syscallNumber("getpgid"), 1_000).run()
      let change = Change(from: from, to: try sampled.read(beside: {}))
      #expect(change.sum("syscalls", ["syscall": "getpgid"]) >= 1_000)
      #expect(change.histogram("syscall_duration_seconds").count == 0)

      let untimed = try SyscallProgramForm.untimed.collectors()
      let names = try untimed.programs(SyscallPrograms.self).programs().map(\.name)
      #expect(names.contains("sys_exit") && !names.contains("sys_enter"))
      #expect(try untimed.read().series("syscall_duration_seconds") == 0)
    }

    /// While the programs are away no window opens them.
    @Test func windowsStayShutWhileProgramsAreDetached() throws {
      let sampled = try sampling()
      let programs = try sampled.programs(SyscallPrograms.self)
      let entry = try #require(programs.entry)
      programs.detach()
      try entry.on()
      #expect(!entry.isOn)
      try programs.reattach()
      try entry.on()
      #expect(entry.isOn)
      entry.off()
    }
  }
}
