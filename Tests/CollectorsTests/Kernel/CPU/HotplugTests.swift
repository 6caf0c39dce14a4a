import BPF
import BPFPrograms
import Host
import Testing

extension KernelTests {
  /// What happens as a CPU comes online, played to programs that nothing else calls: no CPU of this machine goes.
  @Suite(.serialized) struct HotplugTests {
    private final class Programs {
      let object: ProgramObject
      let cpus: MappedArray<SchedPerCPU>

      init(watching cpu: Int) throws {
        var object = try ProgramObject("sched_raw")
        try object.setCapacity("sched_cpus", PossibleCPUs.count)
        try object.load()
        try object.run("watch_cpu", onEach: [cpu])
        cpus = try MappedArray("sched_cpus", of: object)
        self.object = object
      }

      /// A switch between tasks of these addresses.
      func change(_ cpu: Int, from: UInt64 = 1, to: UInt64 = 2) throws {
        try object.run("sched_switch", onEach: [cpu], arguments: [0, from, to, 0])
      }

      func total(_ cpu: Int) -> UInt64 { cpus.load(cpu, \.time.task_ns) + cpus.load(cpu, \.time.idle_ns) }
    }

    /// The idle task runs the callbacks of a CPU that starts; who takes it there is another task.
    @Test func timeBeforeACPUStartedIsNobodys() throws {
      let cpu = try #require(usableCPUs.last)
      let programs = try Programs(watching: cpu)
      try programs.change(cpu)
      var isReset = false
      for _ in 0..<2000 where !isReset {
        pause(seconds: 0.002)
        try programs.object.run("cpuhp_enter", onEach: [cpu])
        isReset = programs.cpus.load(cpu, \.time.last_clock) == 0
      }
      if !isReset { try Test.cancel("the CPU is never idle") }
      #expect(programs.cpus.load(cpu, \.time.is_idle) == 1)
      let before = programs.total(cpu)
      let start = programs.cpus.load(cpu, \.time.anchor_ns)
      pause(seconds: 0.02)
      try programs.change(cpu)
      // from its start on it counts
      let passed = programs.total(cpu) - before
      #expect(passed >= 15_000_000 && passed <= MonotonicClock.now - start)
      #expect(programs.cpus.load(cpu, \.time.head) == programs.cpus.load(cpu, \.time.tail))
    }

    @Test func callbacksOnARunningCPUTakeNothingAway() throws {
      let cpu = try #require(usableCPUs.first)
      stay(on: [cpu])
      defer { stay(on: usableCPUs) }
      let programs = try Programs(watching: cpu)
      try programs.change(cpu)
      let last = programs.cpus.load(cpu, \.time.last_clock)
      try programs.object.run("cpuhp_enter", onEach: [cpu])
      #expect(last > 0)
      #expect(programs.cpus.load(cpu, \.time.last_clock) == last)
    }
  }
}
