import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// The view as text, for scripts.
  @Suite struct TopBatchTests {
    private static let base = ["top", "--batch"] + TopTests.options

    /// Nanoseconds that a process ran, and the time.
    private static func used(_ pid: Int32) throws -> (ran: Double, at: Double) {
      let text = try String(contentsOfFile: "/proc/\(pid)/schedstat", encoding: .utf8)
      var now = timespec()
      clock_gettime(CLOCK_MONOTONIC, &now)
      let ran = try #require(Double(text.split(separator: " ").first ?? ""))
      return (ran, Double(now.tv_sec) * 1e9 + Double(now.tv_nsec))
    }

    @Test func cpuTimeIsTheKernels() async throws {
      let folder = try TemporaryTree()
      let begin = try folder.write("begin", "\n")
      // for ever, before all others
      let load = try RunningProgram(
        "/bin/sh", ["-c", #"exec "$0" -p 1 bursts 1000000 8000 12000 <"$1""#, Executable.loads, begin])
      defer { load.signal(SIGKILL) }
      try await eventually("the load") { load.output.contains("ready") ? () : nil }
      let before = try Self.used(load.pid)
      let outcome = try await Executable.run(Executable.wattprobe, Self.base + ["--iterations", "4"])
      let after = try Self.used(load.pid)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let truth = 100 * (after.ran - before.ran) / (after.at - before.at)
      let blocks = TopBlock.blocks(outcome.output)
      #expect(blocks.count == 4)
      let found = try blocks.map { block in
        let row = try #require(block.row(pid: load.pid), "\(block.rows)")
        return try #require(block.figure("CPU%", row))
      }
      let mean = found.reduce(0, +) / Double(found.count)
      #expect(abs(mean - truth) <= 3, "\(found), the kernel: \(truth)")
    }

    @Test(arguments: [[], ["--cgroups"]]) func shownWattsAndJoulesAddUpToTheHeaders(arguments: [String]) async throws {
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
      defer { load.signal(SIGKILL) }
      let outcome = try await Executable.run(
        Executable.wattprobe, Self.base + TopTests.model + ["--iterations", "4"] + arguments)
      #expect(outcome.status == 0, "\(outcome.errors)")
      let blocks = TopBlock.blocks(outcome.output)
      #expect(blocks.count == 4)
      for block in blocks {
        // half a unit of the last digit of each; of what is unattributed, less than that has no row
        for (column, unit) in [("WATTS", "W"), ("JOULES", "J")] {
          func rounding(_ value: Double) -> Double { value < 10 ? 0.0005 : value < 100 ? 0.005 : 0.05 }
          let total = try #require(block.headline("Power", unit), "\(block.header)")
          let figures = block.rows.compactMap { block.figure(column, $0) }
          let tolerance = figures.map(rounding).reduce(rounding(total) + 0.0005, +) + 1e-9
          #expect(abs(block.sum(column) - total) <= tolerance, "\(column): \(block.sum(column)) of \(total)")
        }
        #expect(block.header.contains { $0.hasPrefix("Power") && $0.contains("(model)") })
      }
      #expect(try #require(blocks.last?.sum("WATTS")) > 1)
    }

    @Test func blocksAreAsManyAsAskedForAndInTheOrderAskedFor() async throws {
      let outcome = try await Executable.run(
        Executable.wattprobe, Self.base + ["--iterations", "3", "--interval", "200ms", "--sort", "switches"])
      #expect(outcome.status == 0)
      #expect(outcome.errors.isEmpty)
      let blocks = TopBlock.blocks(outcome.output)
      #expect(blocks.count == 3)
      for block in blocks {
        let figures = block.rows.compactMap { block.figure("CSW/s", $0) }
        #expect(figures.count > 1 && figures == figures.sorted(by: >), "\(figures)")
        #expect(block.header.first?.contains("every 200ms") == true)
      }
    }

    @Test func aPipeThatClosesEndsItQuietly() async throws {
      let command = ([Executable.wattprobe] + Self.base + ["--interval", "100ms"]).map { "'\($0)'" }.joined(
        separator: " ")
      let outcome = try await Executable.run(
        "/bin/sh", ["-c", "{ \(command); echo status $? >&2; } | head -n 1"])
      #expect(outcome.output.contains("every 100ms"))
      #expect(outcome.errors == "status 0\n")
    }

    @Test func withoutPrivilegesItNamesTwoCures() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let outcome = try await Executable.run(
        setpriv, Executable.nobody + [Executable.wattprobe] + Self.base + ["--iterations", "1"])
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty)
      #expect(outcome.errors.split(separator: "\n").count == 1)
      #expect(outcome.errors.contains("sudo") && outcome.errors.contains("--from"))
    }

    @Test(arguments: [
      (["top"], "--batch"), (["top", "--interval", "1"], "no time"), (["top", "--interval", "10ms"], "100ms"),
      (["top", "--iterations", "0"], "iterations"), (["top", "--sort", "colour"], "switches"),
      (["top", "--from", "host:10418"], "http://HOST:10418"), (["top", "--from.ca-file", "x"], "--from"),
      (["top", "--from", "http://u:p@host"], "credentials-file"),
      (["top", "--batch", "--collector.disable-defaults", "--collector.kmem"], "leave on some of"),
      (["top", "--batch", "--from", "https://host", "--from.ca-file", "/nowhere"], "No such file"),
    ])
    func whatIsWrongIsNamedWithItsCure(arguments: [String], word: String) async throws {
      let outcome = try await Executable.run(Executable.wattprobe, arguments)
      #expect(outcome.status == 1)
      #expect(outcome.error.contains(word), "\(outcome.errors)")
    }
  }
}
