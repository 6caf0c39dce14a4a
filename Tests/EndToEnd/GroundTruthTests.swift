import Fixtures
import Foundation
import Glibc
import Machine
import Testing

extension EndToEnd {
  /// The program beside a sensor that is true to a known model of power, with the real kernel under it: the joules it gives
  /// must be those that the model gave to the run time of each.
  @Suite(Replay()) struct GroundTruthTests {
    private let sensor: ModelledSensor
    private let exporter: Exporter

    init() async throws {
      sensor = try ModelledSensor()
      exporter = try await Exporter([
        "--path.sysfs", sensor.path, "--energy.interval", "250ms", "--energy.idle-watts",
        "\(ModelledSensor.idleMicrowatts / 1_000_000)", "--process.limit", "1000", "--cgroup.limit", "1000",
      ])
    }

    /// A process that burns so many milliseconds in every twenty, for ever, before all others (SCHED_FIFO).
    private func load(_ milliseconds: Int, begin: String) throws -> RunningProgram {
      try RunningProgram(
        "/bin/sh",
        [
          "-c", #"exec "$0" -p 1 bursts 1000000 "$1" "$2" <"$3""#, Executable.loads, "\(milliseconds * 1000)",
          "\((20 - milliseconds) * 1000)", begin,
        ])
    }

    /// Brings the counter up to now for so long, and ever again; before all others, for it is the sensor.
    private func run(seconds: Double) throws {
      var priority = sched_param(sched_priority: 20)
      try #require(sched_setscheduler(0, SCHED_FIFO, &priority) == 0)
      defer {
        priority.sched_priority = 0
        sched_setscheduler(0, SCHED_OTHER, &priority)
      }
      let end = Date.now.addingTimeInterval(seconds)
      while Date.now < end {
        try sensor.advance()
        usleep(5_000)
      }
    }

    /// What is shown some windows later: of what ran before and rests now, nothing is missing, and it gets no more.
    private func shownAfterAll() throws -> Samples {
      try run(seconds: 2)
      return Samples(try exporter.samples())
    }

    private func expectModelled(_ what: String, _ microjoules: UInt64, ran nanoseconds: UInt64) {
      let truth = ModelledSensor.microjoules(nanoseconds)
      let deviation = Double(microjoules) / Double(truth) - 1
      if ProcessInfo.processInfo.environment["WATTPROBE_SHOW_FIGURES"] != nil {
        print("µJ of \(what): \(microjoules), the model says \(truth), \(deviation * 100) %")
      }
      #expect(abs(deviation) <= 0.02, "\(what): \(microjoules) µJ, the model says \(truth)")
    }

    /// Two control groups, of which one has twice the CPU time of the other, and in that one two processes likewise.
    @Test func twiceTheTimeIsTwiceTheJoules() async throws {
      let folder = try TemporaryTree()
      let begin = try folder.write("begin", "\n")
      let groups = try ["two", "one"].map { try ControlGroup("/wattprobe-test-\($0)-\(getpid())") }
      let loads = try [8, 4, 6].map { try load($0, begin: begin) }
      for (load, group) in zip(loads, [groups[0], groups[0], groups[1]]) { try group.take(load.pid) }
      defer { for load in loads { load.end() } }
      try await eventually("all of them to have series") {
        try run(seconds: 0.3)
        let samples = Samples(try exporter.samples())
        let areAll =
          loads.allSatisfy { samples.has("process_energy_joules_total", ["pid": "\($0.pid)"]) }
          && groups.allSatisfy { samples.has("cgroup_energy_joules_total", ["cgroup": $0.path]) }
        return areAll ? () : nil
      }

      for load in loads { load.signal(SIGSTOP) }
      let before = try shownAfterAll()
      let ranBefore = (try loads.map { try cpuTime($0.pid) }, try groups.map { try $0.usage() })
      for load in loads { load.signal(SIGCONT) }
      try run(seconds: 15)
      for load in loads { load.signal(SIGSTOP) }
      let after = try shownAfterAll()
      let ranAfter = (try loads.map { try cpuTime($0.pid) }, try groups.map { try $0.usage() })

      let processes = zip(ranAfter.0, ranBefore.0).map { $0 - $1 }
      let members = zip(ranAfter.1, ranBefore.1).map { $0 - $1 }
      // else nothing would be shown
      for (double, single) in [(processes[0], processes[1]), (members[0], members[1])] {
        #expect(abs(Double(double) / Double(single) - 2) < 0.2)
      }
      for (load, ran) in zip(loads, processes) {
        let of = { (samples: Samples) in samples.microjoules("process_energy_joules_total", ["pid": "\(load.pid)"]) }
        expectModelled("process \(load.pid)", of(after) - of(before), ran: ran)
      }
      for (group, ran) in zip(groups, members) {
        let of = { (samples: Samples) in samples.microjoules("cgroup_energy_joules_total", ["cgroup": group.path]) }
        expectModelled("control group \(group.path)", of(after) - of(before), ran: ran)
      }
      #expect(try await exporter.stop().status == 0)
    }
  }
}

extension RunningProgram {
  /// Ends it, stopped or not, and waits: its control group may go then.
  func end() {
    signal(SIGKILL)
    while isRunning { usleep(10_000) }
  }
}
