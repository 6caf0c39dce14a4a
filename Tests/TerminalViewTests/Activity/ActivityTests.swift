import Readings
import Testing

@testable import TerminalView

@Suite struct ActivityTests {
  private static func isNear(_ one: Double?, _ other: Double) -> Bool { one.map { abs($0 - other) < 1e-9 } ?? false }

  @Test func figuresAreDifferencesByRealTime() throws {
    let activity = try Page.activity()
    let first = try #require(activity.row("init")?.figures)
    #expect(Self.isNear(first.watts, 1))
    #expect(Self.isNear(first.joules, 2))
    #expect(Self.isNear(first.cpu, 0.5))
    #expect(Self.isNear(first.wait, 0.125))
    #expect(Self.isNear(first.read, 2048))
    #expect(first.written == 0)
    #expect(first.threads == 1)
    #expect(first.syscalls == nil)
    #expect(activity.row("init")?.kind == .process(pid: 1))
    #expect(activity.row("job")?.cgroup == "/a/b")
    #expect(activity.seconds == 1)
  }

  @Test(arguments: [ViewState.Subject.processes, .groups]) func rowsAddUpToTheMachine(subject: ViewState.Subject) throws
  {
    let activity = try Page.activity()
    let all = subject == .processes ? activity.processes : activity.groups
    #expect(Self.isNear(activity.machine.watts, 4.85))
    #expect(Self.isNear(all.compactMap(\.figures.watts).reduce(0, +), 4.85))
    #expect(Self.isNear(all.compactMap(\.figures.joules).reduce(0, +), try #require(activity.machine.joules)))
    #expect(Set(all.map(\.kind)).isSuperset(of: [.other, .idle, .kernel]))
  }

  /// As an exporter does, keeps what ended for a while before it drops it.
  @Test func whatEndedIsInTheSumAndNoLongerARow() throws {
    var activity = try Page.activity()
    func page(_ second: Int, without parts: [String]) throws -> Reading {
      let lines = Page.machine(second).split(separator: "\n").filter { line in
        !parts.contains { line.contains($0) }
      }
      return try Page.reading(lines.joined(separator: "\n") + "\n", at: Double(second))
    }
    // job has ended and its counters stand: here they are gone at once, with what others still count for it
    activity.advance(to: try page(4, without: ["comm=\"job\"", "cgroup=\"/a/b\""]))
    #expect(activity.row("job") == nil)
    #expect(activity.row("/a/b", among: \.groups) == nil)
    #expect(Self.isNear(activity.row("ended")?.figures.joules, 1))
    #expect(Self.isNear(activity.row("ended", among: \.groups)?.figures.joules, 1))
  }

  @Test func anEndedProcessIsARowWhileItDidSomething() throws {
    func page(_ second: Int, cpu: Double) throws -> Reading {
      try Page.reading(
        Page.machine(
          second,
          extra: """
            # TYPE wattprobe_process_context_switches_total counter
            wattprobe_process_context_switches_total{pid="9",comm="gone",cgroup="/",kind="voluntary"} \(cpu)
            """
        ).replacing(
          "# TYPE wattprobe_process_runqueue",
          with:
            "wattprobe_process_cpu_seconds_total{pid=\"9\",comm=\"gone\",cgroup=\"/\",mode=\"user\"} \(cpu)\n# TYPE wattprobe_process_runqueue"
        ),
        at: Double(second))
    }
    var activity = Activity(from: try page(1, cpu: 1))
    activity.advance(to: try page(2, cpu: 1.5))
    #expect(activity.row("gone")?.figures.cpu == 0.5)
    activity.advance(to: try page(3, cpu: 1.5))
    #expect(activity.row("gone") == nil)
  }

  @Test func groupsAddUpWhatIsCountedByProcess() throws {
    let activity = try Page.activity()
    let group = try #require(activity.row("/a/b", among: \.groups))
    #expect(group.kind == .group)
    #expect(Self.isNear(group.figures.cpu, 0.25))
    #expect(Self.isNear(group.figures.watts, 0.5))
    #expect(group.figures.threads == 3)
    #expect(activity.row("other", among: \.groups)?.figures.threads == 40)
  }

  @Test func theMachineIsSummedUp() throws {
    let machine = try Page.activity().machine
    #expect(machine.cpus == 2)
    #expect(Self.isNear(machine.cpu["task"], 0.75))
    #expect(machine.zones.map(\.zone) == ["package-0"])
    #expect(Self.isNear(machine.zones.first?.watts, 4.85))
    #expect(machine.networks.map(\.name) == ["eth0", "lo"])
    #expect(machine.networks.first?.output == 512)
    #expect(machine.disks.isEmpty)
    #expect(machine.wait == nil)
    #expect(!machine.isModelled)
    #expect(try Page.activity(source: "model").machine.isModelled)
  }

  /// Between two readings of the view lies one window of the sensors, or none, or two.
  @Test func powerIsThatOfWholeWindows() throws {
    var clock = EnergyClock()
    var history = ReadingHistory(from: try Page.reading(Page.machine(1), at: 1))
    func seconds(_ energy: Int, at time: Double) throws -> Double? {
      clock.seconds(of: history.advance(to: try Page.reading(Page.machine(energy), at: time)))
    }
    #expect(try seconds(2, at: 2) == 1)
    // just before the window ended, and just after the next one did
    #expect(try seconds(2, at: 2.999) == nil)
    #expect(try seconds(4, at: 4) == 2)
    #expect(try seconds(5, at: 4.7) == 1)
    // sensors that stand still are at rest, in the end
    #expect(try seconds(5, at: 6) == nil)
    #expect(try seconds(5, at: 9) != nil)
  }

  @Test func powerStandsUntilTheNextWindowEnds() throws {
    var activity = try Page.activity()
    activity.advance(to: try Page.reading(Page.machine(3), at: 3.4))
    #expect(Self.isNear(activity.row("init")?.figures.watts, 1))
    #expect(activity.row("init")?.figures.cpu == 0)
    #expect(Self.isNear(activity.machine.watts, 4.85))
  }

  @Test func withoutEnergyThereIsNone() throws {
    let text =
      "# TYPE wattprobe_process_cpu_seconds_total counter\nwattprobe_process_cpu_seconds_total{pid=\"1\",comm=\"a\",cgroup=\"/\",mode=\"user\"} 1\n"
    var activity = Activity(from: try Page.reading(text, at: 1))
    activity.advance(to: try Page.reading(text, at: 2))
    #expect(activity.machine.watts == nil)
    #expect(activity.row("a")?.figures.watts == nil)
    #expect(activity.processes.count == 1)
  }
}
