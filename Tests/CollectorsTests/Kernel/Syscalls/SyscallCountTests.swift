import BPF
import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// System calls made a known number of times, in all forms of the programs.
  @Suite(.serialized) struct SyscallCountTests {
    /// One that is common and two that hardly anything calls.
    @Test(arguments: SyscallProgramForm.allCases, ["getpid", "getpgid", "sched_get_priority_max"])
    func callsAreCountedOnce(form: SyscallProgramForm, name: String) throws {
      let count: UInt64 = 54_321
      let change = try quietest(try form.collectors(), until: { $0.sum("syscalls", ["syscall": name]) == count }) {
        try Load("calls", syscallNumber(name), count)
      }
      #expect(change.sum("syscalls", ["syscall": name]) == count)
      #expect(change.sum("syscalls", ["syscall": name, "category": "process"]) == count)
      if SyscallProgramForm.timed.contains(form) {
        #expect(change.histogram("syscall_duration_seconds", ["category": "process"]).count >= count)
      }
    }

    /// perf's own benchmark is a loop of getppid().
    @Test func perfBenchSyscallBasicIsCounted() throws {
      let collectors = try SyscallProgramForm.sampled.collectors()
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

    @Test(arguments: SyscallProgramForm.allCases)
    func errorsAreCountedByName(form: SyscallProgramForm) throws {
      let collectors = try form.collectors()
      let change = try quietest(collectors, until: { $0.sum("syscall_errors", ["errno": "EBADF"]) == 2_345 }) {
        try Load("calls", syscallNumber("close"), 2_345, -1)
      }
      #expect(change.sum("syscall_errors", ["errno": "EBADF"]) == 2_345)
      #expect(change.sum("syscalls", ["syscall": "close"]) >= 2_345)
    }

    /// The call fails with a code of the kernel's own; the end of the handler brings EINTR back into the register, which
    /// is no second error.
    @Test(arguments: SyscallProgramForm.allCases)
    func interruptedCallIsOneErrorByTheKernelsName(form: SyscallProgramForm) throws {
      let change = try quietest(
        try form.collectors(),
        until: {
          $0.sum("syscall_errors", ["errno": "ERESTARTNOHAND"]) == 500
            && $0.sum("syscall_errors", ["errno": "EINTR"]) < 500
            && $0.sum("syscalls", ["syscall": "rt_sigreturn"]) == 500
        }
      ) { try Load("interrupted-calls", 500) }
      #expect(change.sum("syscall_errors", ["errno": "ERESTARTNOHAND"]) == 500)
      #expect(change.sum("syscall_errors", ["errno": "EINTR"]) < 500)
      #expect(change.sum("syscalls", ["syscall": "rt_sigreturn", "category": "signal"]) == 500)
    }

    /// 9999 is past every table, and 423 no call's; 500 is not given to any yet, and may be in a newer kernel. -1 is what
    /// sigreturn() leaves in the place of its number.
    @Test(
      arguments: SyscallProgramForm.allCases,
      [(9_999, "unknown"), (423, "unknown"), (500, "500"), (-1, "unknown")])
    func numberWithoutANameIsShownOrUnknown(form: SyscallProgramForm, call: (number: Int, label: String)) throws {
      let collectors = try form.collectors()
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
      @Test(arguments: SyscallProgramForm.allCases)
      func callsOf32BitProgramsAreApart(form: SyscallProgramForm) throws {
        let collectors = try form.collectors()
        let load = try Load("compat-calls", 20, 4_321)
        let from = try collectors.read(beside: {})
        try load.run()
        let change = Change(from: from, to: try collectors.read(beside: {}))
        #expect(change.sum("syscalls", ["syscall": "compat", "category": "other"]) == 4_321)
        #expect(change.sum("syscalls", ["syscall": "writev"]) < 4_321)
      }

      /// A call that returns twice, and one that does not return.
      @Test(arguments: SyscallProgramForm.allCases)
      func forksOf32BitProgramsAreCountedOnce(form: SyscallProgramForm) throws {
        let change = try quietest(
          try form.collectors(), until: { $0.sum("syscalls", ["syscall": "compat"]) == 2 * 400 }
        ) { try Load("compat-forks", 400) }
        #expect(change.sum("syscalls", ["syscall": "compat"]) == 2 * 400)
      }
    #endif

    /// fork() returns in both tasks and exit() in none.
    @Test(arguments: SyscallProgramForm.allCases)
    func forksAndExitsAreCountedOnce(form: SyscallProgramForm) throws {
      let fork = syscallNumber("fork") >= 0 ? "fork" : "clone"
      let change = try quietest(
        try form.collectors(),
        until: {
          $0.sum("syscalls", ["syscall": fork]) == 400 && $0.sum("syscalls", ["syscall": "exit"]) == 400
        }
      ) { try Load("fork-calls", 400) }
      #expect(change.sum("syscalls", ["syscall": fork, "category": "process"]) == 400)
      #expect(change.sum("syscalls", ["syscall": "exit", "category": "process"]) == 400)
    }

    /// The new program has the registers that execve() ends with.
    @Test(arguments: SyscallProgramForm.allCases)
    func executedProgramsAreCountedOnce(form: SyscallProgramForm) throws {
      let change = try quietest(
        try form.collectors(),
        until: {
          $0.sum("syscalls", ["syscall": "execve"]) == 200 && $0.sum("syscalls", ["syscall": "exit_group"]) == 200
        }
      ) { try Load("children", 200, "execs") }
      #expect(change.sum("syscalls", ["syscall": "execve"]) == 200)
      #expect(change.sum("syscalls", ["syscall": "exit_group"]) == 200)
    }

    /// What a filter answers in the kernel's place has been called, and has an error.
    @Test(arguments: SyscallProgramForm.allCases)
    func refusedCallIsACallWithAnError(form: SyscallProgramForm) throws {
      let change = try quietest(
        try form.collectors(), until: { $0.sum("syscalls", ["syscall": "getpgid"]) == 1_234 }
      ) { try Load("refused-calls", syscallNumber("getpgid"), 1_234) }
      #expect(change.sum("syscalls", ["syscall": "getpgid"]) == 1_234)
      #expect(change.sum("syscall_errors", ["errno": "EXDEV"]) == 1_234)
    }

    #if arch(x86_64)
      /// A thread that is ended as it comes from an exit() that was refused has the registers of one in that call.
      @Test(arguments: SyscallProgramForm.allCases)
      func refusedExitIsCountedOnce(form: SyscallProgramForm) throws {
        let change = try quietest(
          try form.collectors(), until: { $0.sum("syscalls", ["syscall": "exit"]) == 50 }
        ) { try Load("refused-exits", 50) }
        #expect(change.sum("syscalls", ["syscall": "exit"]) == 50)
      }
    #endif

    /// A call that never returns ends with its thread; one that a fatal signal interrupts has returned before the signal is
    /// looked at. Neither is counted twice, and neither leaves anything behind.
    @Test(arguments: SyscallProgramForm.allCases)
    func threadsThatEndInsideACallLeaveNothing(form: SyscallProgramForm) throws {
      let collectors = try form.collectors()
      let ending = try Load("children", 1_000, "succeeds")
      let killed = try Load("killed-in-calls", 1_000)
      let from = try collectors.read(beside: {})
      try ending.run()
      let between = try collectors.read(beside: {})
      try killed.run()
      let first = Change(from: from, to: between)
      let second = Change(from: between, to: try collectors.read(beside: {}))
      #expect((1_000...1_020).contains(first.sum("syscalls", ["syscall": "exit_group", "category": "process"])))
      #expect(second.sum("syscalls", ["syscall": "exit_group"]) < 50)
      // some die before they are in it
      let calls = second.sum("syscalls", ["syscall": syscallNumber("pause") < 0 ? "ppoll" : "pause"])
      #expect(calls > 50)
      #expect(calls <= 1_050)

      let maps = collectors.context.kernel.loaded.flatMap { $0.maps() }
      #expect(maps.contains { $0.name == "syscall_tasks" } == (form == .timedInHash))
      if form == .timedInHash {
        let entries = try #require(maps.first { $0.name == "syscall_tasks" }?.entries())
        // those that live, and not the two thousand that ended
        #expect(entries > 2)
        #expect(entries < 1_000)
        #expect(entries <= (try tasks()) + 50)
      }
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.allSatisfy { $0.count == 0 })
      #expect(lost.count == (SyscallProgramForm.timed.contains(form) ? 1 : 0))
    }

    /// How many threads there are on the machine.
    private func tasks() throws -> Int {
      let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").filter { Int($0) != nil }
      return processes.reduce(0) {
        $0 + ((try? FileManager.default.contentsOfDirectory(atPath: "/proc/\($1)/task").count) ?? 0)
      }
    }

    /// Only what was seen has a series.
    @Test func callNobodyMadeHasNoSeries() throws {
      let collectors = try SyscallProgramForm.sampled.collectors()
      try Load("calls", syscallNumber("getpgid"), 1).run()
      let reading = try collectors.read()
      #expect(reading.series("syscalls", ["syscall": "getpgid"]) == 1)
      #expect(reading.series("syscalls", ["syscall": "kexec_load"]) == 0)
      #expect(reading.series("syscalls", ["syscall": ""]) == 0)
      #expect(reading.series("syscall_errors", ["errno": "EL3HLT"]) == 0)
    }
  }
}
