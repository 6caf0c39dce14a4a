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
        let object = try ProgramObject("sched_raw")
        try object.setCapacity("sched_cpus", PossibleCPUs.end)
        try object.load()
        try object.run("watch_cpu", onEach: [cpu])
        cpus = try MappedArray("sched_cpus", of: object)
        self.object = object
      }

      /// A switch between tasks of these addresses.
      func change(_ cpu: Int, from: UInt64 = 1, to: UInt64 = 2) throws {
        try object.run("sched_switch", onEach: [cpu], arguments: [0, from, to, 0])
      }

      /// A callback of `target` and `state`, run by this thread on the CPU it is on, for `cpu`.
      func callback(_ cpu: Int, on runner: Int, target: UInt64, state: UInt64) throws {
        try object.run("cpuhp_enter", onEach: [runner], arguments: [UInt64(cpu), target, state, 0])
      }

      func total(_ cpu: Int) -> UInt64 { cpus.load(cpu, \.time.task_ns) + cpus.load(cpu, \.time.idle_ns) }
    }

    @Test func callbacksOfACPUThatGoesAndComesBackAreTold() throws {
      let cpu = try #require(usableCPUs.first)
      let programs = try Programs(watching: cpu)
      func leaves() -> Bool { programs.cpus.load(cpu, \.leaves) != 0 }
      // installed on a CPU that is online
      try programs.callback(cpu, on: cpu, target: 240, state: 150)
      #expect(!leaves())
      // for another CPU
      try programs.callback(cpu + 1, on: cpu, target: 0, state: 150)
      #expect(!leaves())
      try programs.callback(cpu, on: cpu, target: 140, state: 220)
      #expect(leaves())
      try programs.callback(cpu, on: cpu, target: 240, state: 150)
      #expect(!leaves())
    }

    @Test func idleTimeOfACPUThatIsGoneIsNobodys() throws {
      let cpu = try #require(usableCPUs.last)
      let programs = try Programs(watching: cpu)
      try programs.callback(cpu, on: cpu, target: 140, state: 220)
      // whatever is interrupted for it runs the program: at times the idle task
      var busy: UInt64 = 0
      for _ in 0..<300 {
        pause(seconds: 0.002)
        try programs.change(cpu)
        #expect(programs.cpus.load(cpu, \.time.idle_ns) == 0)
        busy = programs.cpus.load(cpu, \.time.task_ns)
      }
      try programs.callback(cpu, on: cpu, target: 240, state: 150)
      for _ in 0..<300 {
        pause(seconds: 0.002)
        try programs.change(cpu)
      }
      // either way time goes on
      #expect(programs.total(cpu) > busy)
    }
  }
}
