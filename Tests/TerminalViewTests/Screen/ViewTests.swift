import Exposition
import Fixtures
import Readings
import Testing

@testable import TerminalView

@Suite struct ViewTests {
  private static func view(_ activity: Activity, _ change: (inout ViewState) -> Void = { _ in }) -> View {
    var state = ViewState()
    change(&state)
    return View(activity, state, Page.context, parents: [2: 1])
  }

  private static func texts(_ activity: Activity, _ columns: Int, _ lines: Int = 20) -> [String] {
    view(activity).screen(columns: columns, lines: lines).map(\.text)
  }

  /// A page whose names are what somebody would choose who wants to break the screen.
  private static func hostile() throws -> Activity {
    func reading(_ seconds: UInt64) -> Reading {
      var writer = SampleWriter()
      writer.begin(
        Family("process_cpu_seconds", .counter, unit: "seconds", labels: ["pid", "comm", "cgroup", "mode"], help: "."))
      for (index, bytes) in (RandomSnapshot.hostile + [Array("漢字漢字漢字漢字".utf8), Array("\u{1B}[2J\u{1B}[1;1H".utf8)])
        .enumerated()
      {
        writer.label("pid", index + 1)
        writer.label("comm", String(decoding: bytes, as: UTF8.self))
        writer.label("cgroup", "/" + String(decoding: bytes, as: UTF8.self))
        writer.label("mode", "user")
        writer.unsigned(seconds * UInt64(index + 1))
      }
      return Reading([writer.finish()], time: seconds * 1_000_000_000)
    }
    var activity = Activity(from: reading(1))
    activity.advance(to: reading(2))
    return activity
  }

  @Test func noLineIsWiderThanTheTerminal() throws {
    for activity in [try Page.activity(), try Self.hostile(), Activity(from: Reading(time: 0))] {
      for columns in Array(1...30) + Array(stride(from: 40, through: 250, by: 15)) {
        for lines in [0, 1, 2, 5, 24] {
          for isHelp in [false, true] {
            let view = Self.view(activity) { state in
              state.isTree = columns.isMultiple(of: 2)
              if isHelp { _ = state.handle(.character("?"), columns: [], sorting: .cpu, page: 1) }
            }
            let screen = view.screen(columns: columns, lines: lines)
            #expect(screen.count == lines)
            for line in screen {
              #expect(line.width <= columns, "\(columns): \(line.text)")
              #expect(line.text.unicodeScalars.allSatisfy { $0.value >= 0x20 && $0.value != 0x7F })
            }
          }
        }
      }
    }
  }

  @Test(arguments: 20...250) func whatMattersMostIsThereAtAnyWidth(columns: Int) throws {
    let screen = Self.texts(try Page.activity(), columns)
    let title = try #require(screen.first { $0.contains("WATTS") })
    #expect(title.contains("CPU%") && title.contains("COMMAND".prefix(4)))
    #expect(screen.contains { $0.hasPrefix("Power 4.850 W") })
    #expect(screen.contains { $0.hasPrefix("CPU 80.0%") })
    #expect(screen.contains { $0.contains("1.000") && $0.contains("init") })
  }

  @Test func aScreenLooksLikeThis() throws {
    let screen = Self.texts(try Page.activity(), 80, 13)
    #expect(
      screen == [
        "box  12:00:00  every 1s  last 1.000 s",
        "Power 4.850 W  9.700 J  processes 1.600  kernel 0.250  idle 3.000",
        "CPU 80.0% of 200%  softirq 5.0%",
        "Net eth0 in 1.00K/s out 512/s  lo in 10/s out 10/s",
        "    PID *WATTS JOULES  CPU% WAIT% READ/s WRIT/s  THR COMMAND                    ",
        "         3.000  6.000                                (idle)",
        "      1  1.000  2.000  50.0  12.5  2.00K      0    1 init",
        "      2  0.500  1.000  25.0   0.0      -      -    3 job",
        "         0.250  0.500                                (kernel)",
        "         0.100  0.200   0.0   0.0      -      -   40 (other)",
        "", "", "q quit  ? help  c cgroups  t tree  / filter",
      ], "\(screen.joined(separator: "\n"))")
  }

  @Test func estimatesAreCalledThat() throws {
    #expect(Self.texts(try Page.activity(source: "model"), 80).contains { $0.hasPrefix("Power 4.850 W (model)") })
  }

  @Test(arguments: [
    ("absent", "--energy.model"), ("disabled", "--collector.energy"), ("permission", "sudo"),
    ("read", "wattprobe collectors"),
  ])
  func whatKeepsEnergyFromBeingShownIsSaid(reason: String, cure: String) throws {
    let text = """
      # TYPE wattprobe_collector_up gauge
      wattprobe_collector_up{collector="energy",reason="\(reason)"} 0
      # TYPE wattprobe_process_cpu_seconds_total counter
      wattprobe_process_cpu_seconds_total{pid="1",comm="a",cgroup="/",mode="user"} 1

      """
    var activity = Activity(from: try Page.reading(text, at: 1))
    activity.advance(to: try Page.reading(text, at: 2))
    let screen = Self.texts(activity, 80)
    #expect(screen.contains { $0.hasPrefix("Power ") && $0.contains(cure) })
    #expect(!screen.contains { $0.contains("WATTS") })
    #expect(screen.contains { $0.contains("*CPU%") })
  }

  @Test func aBlockHasEverythingUncut() throws {
    let block = Self.view(try Page.activity()).block()
    #expect(block.contains { $0.contains("CGROUP") })
    #expect(block.contains { $0.hasSuffix("job              /a/b") })
    #expect(block.allSatisfy { !$0.hasSuffix(" ") })
  }

  @Test func aTableWithoutRowsSaysWhatDoesNotRun() throws {
    let text = "# TYPE wattprobe_cpu_seconds_total counter\nwattprobe_cpu_seconds_total{cpu=\"0\",mode=\"task\"} 1\n"
    var activity = Activity(from: try Page.reading(text, at: 1))
    #expect(!Self.texts(activity, 80).contains { $0.contains("does not run") })
    activity.advance(to: try Page.reading(text, at: 2))
    #expect(Self.texts(activity, 80).contains { $0.contains("the collector process does not run") })
    let groups = Self.view(activity) { $0.subject = .groups }
    #expect(groups.block().last?.contains("the collector cgroup does not run") == true)
    #expect(!Self.texts(try Page.activity(), 80).contains { $0.contains("does not run") })
  }

  @Test func theTreeSaysWhereItCannotBe() throws {
    var state = ViewState()
    state.isTree = true
    var context = Page.context
    context.knowsParents = false
    let view = View(try Page.activity(), state, context, parents: [:])
    #expect(view.screen(columns: 100, lines: 20).last?.text.contains("no tree") == true)
  }

  @Test func scrollingMovesTheRowsAndNothingElse() throws {
    let activity = try Page.activity()
    let top = Self.texts(activity, 80, 8)
    let view = Self.view(activity) { state in
      _ = state.handle(.down, columns: [], sorting: .watts, page: 2)
    }
    let moved = view.screen(columns: 80, lines: 8).map(\.text)
    #expect(moved[..<5] == top[..<5])
    #expect(moved[5] == top[6])
    #expect(view.extent(columns: 80, lines: 8).page == 2)
    #expect(view.extent(columns: 80, lines: 8).rows == 5)
  }
}
