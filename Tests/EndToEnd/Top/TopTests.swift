import Foundation
import Glibc
import Machine
import Testing

extension EndToEnd {
  /// The view on a terminal, by its keys and what is on the screen.
  @Suite struct TopTests {
    /// It does not see the machine's own sensors.
    static let options = [
      "--path.sysfs", GuestSysfs.path, "--energy.nvml-library", "libnvidia-ml-of-nobody.so",
    ]
    static let model = ["--energy.model", "skylake", "--energy.idle-watts", "1"]

    private static func started(_ arguments: [String], columns: Int = 100, lines: Int = 24) async throws -> TmuxTerminal
    {
      let terminal = try await TmuxTerminal(columns: columns, lines: lines)
      try await terminal.type("echo before")
      try await terminal.press("Enter")
      let command = ([Executable.wattprobe, "top"] + arguments).map { "'\($0)'" }.joined(separator: " ")
      try await terminal.type("\(command); echo ended with $?")
      try await terminal.press("Enter")
      try await terminal.screen("the view") { $0.last?.contains("q quit") ?? false }
      return terminal
    }

    private static func isEnded(_ screen: [String]) -> Bool {
      screen.contains("before") && screen.contains("ended with 0") && !screen.contains { $0.hasPrefix("q quit") }
    }

    @Test func keysChangeWhatIsShown() async throws {
      let load = try RunningProgram(Executable.loads, ["deaf", "/dev/null"])
      defer { load.signal(SIGKILL) }
      let terminal = try await Self.started(Self.options + Self.model)
      try await terminal.screen("watts") {
        $0.contains { $0.contains("*WATTS") } && $0.contains { $0.contains("(idle)") }
      }
      try await terminal.press("P")
      try await terminal.screen("another order") { $0.contains { $0.contains("*CPU%") } }
      try await terminal.press(">")
      try await terminal.screen("the next column's") { $0.contains { $0.contains("*WAIT%") } }
      try await terminal.press("c")
      try await terminal.screen("control groups") {
        $0.last?.contains("c processes") ?? false && !$0.contains { $0.contains("PID") }
      }
      try await terminal.press("c", "?")
      try await terminal.screen("help") { $0.contains("Sort by") }
      try await terminal.press("q")
      try await terminal.screen("processes") { $0.contains { $0.contains("PID") } }
      try await terminal.press("/")
      try await terminal.type("WATTPROBE")
      try await terminal.press("Enter")
      let filtered = try await terminal.screen("the filter") { $0.last?.contains("filter: WATTPROBE (") ?? false }
      let rows = filtered.drop { !$0.contains("PID") }.dropFirst().dropLast().filter { !$0.isEmpty }
      #expect(!rows.isEmpty && rows.allSatisfy { $0.contains("wattprobe") })
      try await terminal.press("Escape", "t")
      try await terminal.screen("a tree") { $0.contains { $0.contains("└ ") } }
      try await terminal.press("p")
      let paused = try await terminal.screen("a pause") { $0.last?.hasPrefix("paused") ?? false }
      try await terminal.press("-")
      let faster = try await terminal.screen("another interval") { $0[0].contains("every 500ms") }
      try await Task.sleep(for: .seconds(2))
      let later = try await terminal.screen()
      #expect(later == faster)
      #expect(later.dropFirst() == paused.dropFirst())
      try await terminal.press("p")
      try await terminal.screen("that it goes on") { $0[0] != later[0] && $0.last?.hasPrefix("q quit") ?? false }
      try await terminal.press("q")
      try await terminal.screen("the end", where: Self.isEnded)
    }

    @Test func twentyColumnsAreEnough() async throws {
      let terminal = try await Self.started(Self.options + Self.model)
      try await terminal.resize(columns: 20, lines: 10)
      let narrow = try await terminal.screen("a narrow view") {
        $0.count == 10 && $0.contains { $0.hasPrefix("*WATTS  CPU%") }
      }
      #expect(narrow.allSatisfy { $0.count <= 20 })
      #expect(narrow.contains { $0.hasPrefix("Power ") })
      try await terminal.resize(columns: 3, lines: 2)
      try await terminal.resize(columns: 160, lines: 40)
      try await terminal.screen("a wide view") {
        $0.contains { $0.contains("CGROUP") } && $0.last?.hasPrefix("q quit") ?? false
      }
      try await terminal.press("q")
      try await terminal.screen("the end") { $0.contains("ended with 0") }
    }

    @Test func theTerminalIsPutBackHoweverItEnds() async throws {
      for signal in [SIGINT, SIGTERM] {
        let terminal = try await TmuxTerminal(columns: 80, lines: 24)
        try await terminal.type("echo before")
        try await terminal.press("Enter")
        let shell = try await terminal.shell()
        let settings = try Self.settings(of: shell)
        let arguments = Self.options.map { "'\($0)'" }.joined(separator: " ")
        try await terminal.type("\(Executable.wattprobe) top \(arguments); echo ended with $?")
        try await terminal.press("Enter")
        try await terminal.screen("the view") { $0.last?.hasPrefix("q quit") ?? false }
        #expect(try Self.settings(of: shell) != settings)
        if signal == SIGINT {
          try await terminal.press("C-c")
        } else {
          let view = try #require(ProcessTree.children(of: shell).first)
          kill(view, signal)
        }
        try await terminal.screen("the end", where: Self.isEnded)
        #expect(try Self.settings(of: shell) == settings)
      }
    }

    /// Of the terminal that the process has as its input.
    private static func settings(of process: Int32) throws -> [UInt32] {
      let descriptor = open("/proc/\(process)/fd/0", O_RDWR | O_NOCTTY)
      defer { close(descriptor) }
      var attributes = termios()
      guard tcgetattr(descriptor, &attributes) == 0 else {
        throw Executable.Missing(description: "tcgetattr: errno \(errno)")
      }
      return [attributes.c_iflag, attributes.c_oflag, attributes.c_cflag, attributes.c_lflag]
    }

    @Test func itCanBeStoppedAndContinued() async throws {
      let terminal = try await Self.started(Self.options)
      try await terminal.press("C-z")
      try await terminal.screen("the shell") { $0.contains { $0.contains("Stopped") } && $0.contains("before") }
      try await terminal.type("fg")
      try await terminal.press("Enter")
      try await terminal.screen("the view again") { $0.last?.hasPrefix("q quit") ?? false }
      try await terminal.press("q")
      try await terminal.screen("the shell") {
        $0.contains { $0.contains("Stopped") } && !$0.contains { $0.hasPrefix("q quit") }
      }
    }

    @Test func itEndsWithItsTerminal() async throws {
      let terminal = try await Self.started(Self.options)
      let view = try #require(ProcessTree.children(of: try await terminal.shell()).first)
      terminal.close()
      try await eventually("the end of the view") { ProcessTree.exists(view) ? nil : () }
    }

    @Test func withoutASensorItSaysWhatWouldHelp() async throws {
      let terminal = try await Self.started(Self.options)
      let screen = try await terminal.screen("figures") { $0.contains { $0.contains("*CPU%") } }
      #expect(screen.contains { $0.hasPrefix("Power no power sensor") && $0.contains("--energy.model") })
      #expect(!screen.contains { $0.contains("WATTS") })
    }

    @Test(arguments: [("", true), ("NO_COLOR=1 ", false), ("NO_COLOR= ", true)])
    func coloursAreThereUnlessTheyAreNotWanted(environment: String, hasColours: Bool) async throws {
      let terminal = try await TmuxTerminal(columns: 80, lines: 24)
      let arguments = Self.options.map { "'\($0)'" }.joined(separator: " ")
      try await terminal.type("env -u NO_COLOR \(environment)\(Executable.wattprobe) top \(arguments)")
      try await terminal.press("Enter")
      try await terminal.screen("the view") { $0.last?.hasPrefix("q quit") ?? false }
      let styled = try await terminal.styledScreen()
      #expect(styled.contains("\u{1B}["))
      #expect(styled.contains(/\x1B\[(?:[0-9]+;)*3[0-7]m/) == hasColours, "\(styled)")
    }

    /// A name that would move the cursor, and one that is wider than its characters.
    @Test func namesOfProcessesAreNothingButText() async throws {
      let load = try RunningProgram(
        "/usr/bin/python3",
        [
          "-c",
          """
          import time
          open("/proc/self/comm", "wb").write("\\033[2J\\u6f22\\u5b57".encode())
          while True: time.sleep(0.001)
          """,
        ])
      defer { load.signal(SIGKILL) }
      let terminal = try await Self.started(Self.options + ["--filter", "\(load.pid)"])
      let screen = try await terminal.screen("the row") { $0.contains { $0.contains(" ?[2J漢字") } }
      #expect(screen[0].contains("every 1s"))
    }

    @Test func anExporterThatGoesIsToldOfAndFoundAgain() async throws {
      let exporter = try await Exporter(Self.model)
      let terminal = try await Self.started(["--from", "http://127.0.0.1:\(exporter.port)", "--interval", "200ms"])
      try await terminal.screen("watts") { $0.contains { $0.contains("*WATTS") } }
      try await terminal.press("t")
      try await terminal.screen("that there is no tree") { $0.last?.contains("no tree") ?? false }
      _ = try await exporter.stop()
      try await terminal.screen("what is wrong") { $0.last?.contains("Connection refused") ?? false }
      let again = try await Exporter(Self.model, listening: ["--web.listen-address", "127.0.0.1:\(exporter.port)"])
      try await terminal.screen("that it goes on") { !($0.last?.contains("refused") ?? true) }
      try await terminal.press("q")
      try await terminal.screen("the end", where: Self.isEnded)
      _ = try await again.stop()
    }
  }
}
