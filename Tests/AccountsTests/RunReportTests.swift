import Foundation
import JSONText
import Testing

@testable import Accounts

/// What the report shows of figures that are known.
@Suite struct RunReportTests {
  private static func account(cpu: UInt64 = 1_500_000_000) -> TreeAccount {
    var account = TreeAccount()
    account.usage.cpu = cpu
    account.usage.user = cpu - 500_000_000
    account.usage.system = 500_000_000
    account.usage.voluntarySwitches = 1200
    account.usage.involuntarySwitches = 34
    account.usage.minorFaults = 15_240
    account.usage.majorFaults = 9
    account.processes = 302
    account.calls = [
      .init(name: "read", category: "file", calls: .init(count: 1000, errors: 3, time: 2_000_000)),
      .init(name: "write", category: "file", calls: .init(count: 10, errors: 0, time: 1_000_000)),
      .init(name: "futex", category: "sync", calls: .init(count: 5, errors: 1, time: 9_000_000)),
    ]
    account.energy = [3_000_000, 500_000]
    return account
  }

  private static func run(cpu: UInt64 = 1_500_000_000, name: String = "make -j2") -> MeasuredRun {
    var run = MeasuredRun()
    run.elapsed = 1_000_000_000
    run.trees = [.init(name: name, account: account(cpu: cpu))]
    var machine = MachineAccount()
    machine.zones = [
      .init(source: "rapl", package: "0", zone: "package-0", microjoules: 5_000_000),
      .init(source: "rapl", package: "0", zone: "dram", microjoules: 1_000_001),
    ]
    machine.processes = 4_000_000
    machine.kernel = 100_000
    machine.idle = 1_900_000
    machine.unattributed = 1
    machine.isIdleKnown = true
    run.machine = machine
    run.status = 0
    return run
  }

  @Test func figuresAreInTheText() {
    let text = RunReport([Self.run()], .init()).text
    for part in [
      "make -j2", "3.500 J    energy of its own", "# 3.500 W, measured, 0/package-0 3.000 J, 0/dram 0.500 J",
      "1.500000 s    CPU time", "# 1.500 CPUs, user 1.000 s, system 500.0 ms", "1,234      context switches",
      "# 1,200 voluntary", "15,249      page faults", "1,015      system calls", "# 4 failed, 12.00 ms in them",
      "The machine meanwhile: 6.000 J (0/package-0 by rapl, 0/dram by rapl)",
      "other processes 0.500 J, kernel 0.100 J, idle 1.900 J, unattributed 0.000 J",
    ] {
      #expect(text.contains(part), "no \"\(part)\" in \(text)")
    }
    #expect(!text.contains("peak memory") && !text.contains("received by sockets"), "what is absent is not 0")
    #expect(!text.contains("idle is not known"))
    // by category, the longest first
    let rows = text.split(separator: "\n").filter { $0.hasSuffix("  sync") || $0.hasSuffix("  file") }
    #expect(rows.count == 2 && rows[0].hasSuffix("sync") && rows[1].contains("1,010"), "\(rows)")
  }

  @Test func everyCallIsShownWhereThatIsAskedFor() {
    var parts = RunReport.Parts()
    parts.hasCalls = true
    let text = RunReport([Self.run()], parts).text
    #expect(text.contains("  read\n") && text.contains("  write\n") && !text.contains("  file\n"))
  }

  @Test func whatIsNotTimedHasNoTimes() throws {
    var account = Self.account()
    account.timesCalls = false
    account.calls = account.calls.map {
      .init(name: $0.name, category: $0.category, calls: .init(count: $0.calls.count, errors: $0.calls.errors))
    }
    var run = Self.run()
    run.trees = [.init(name: "true", account: account)]
    let text = RunReport([run], .init()).text
    #expect(text.contains("# 4 failed\n") && !text.contains("seconds"), "\(text)")
    // the most first
    let rows = text.split(separator: "\n").filter { $0.hasSuffix("  sync") || $0.hasSuffix("  file") }
    #expect(rows.count == 2 && rows[0].hasSuffix("file"))
    #expect(RunReport([run], .init()).json.text.contains("\"seconds\": null"))
  }

  @Test func severalRunsHaveMeansAndErrors() throws {
    let runs = [1_000_000_000, 2_000_000_000, 3_000_000_000].map { Self.run(cpu: $0) }
    let text = RunReport(runs, .init()).text
    // standard error 1 / sqrt(3) of 2
    #expect(
      text.contains("mean of 3 runs") && text.contains("2.000000 s    CPU time                    ± 28.87 %"), "\(text)"
    )
    let json = try Self.object(RunReport(runs, .init()))
    let statistics = (json["statistics"] as? [[String: [String: NSNumber]]])?[0]["cpu_seconds"]
    #expect(statistics?["mean"]?.doubleValue == 2 && statistics?["standard_deviation"]?.doubleValue == 1)
    #expect(statistics?["lowest"]?.doubleValue == 1 && statistics?["highest"]?.doubleValue == 3)
  }

  @Test func namesFromOutsideStayInTheirLines() {
    let text = RunReport([Self.run(name: "evil\n\u{1b}[2Jname")], .init()).text
    #expect(!text.contains("\u{1b}") && text.contains("evil\u{FFFD}\u{FFFD}[2Jname"))
  }

  @Test func jsonIsExact() throws {
    var run = Self.run()
    run.status = 9
    let json = try Self.object(RunReport([run], .init()))
    let found = try #require((json["runs"] as? [[String: Any]])?.first)
    #expect((json["version"] as? NSNumber)?.intValue == 1)
    #expect((found["exit_signal"] as? NSNumber)?.intValue == 9 && found["exit_status"] is NSNull)
    let tree = try #require((found["trees"] as? [[String: Any]])?.first)
    #expect((tree["cpu_seconds"] as? NSNumber)?.doubleValue == 1.5)
    #expect(tree["peak_resident_bytes"] is NSNull && tree["network_sent_bytes"] is NSNull)
    let machine = try #require(found["machine"] as? [String: Any])
    #expect((machine["joules"] as? NSNumber)?.doubleValue == 6.000001)
    #expect((machine["other_processes_joules"] as? NSNumber)?.doubleValue == 0.5)
  }

  private static func object(_ report: RunReport) throws -> [String: Any] {
    try #require(try JSONSerialization.jsonObject(with: Data(report.json.text.utf8)) as? [String: Any])
  }

  @Test func withoutSensorsItSaysWhy() {
    var run = Self.run()
    run.machine = nil
    run.energyFailure = "no sensor: --energy.model estimates"
    let text = RunReport([run], .init()).text
    #expect(text.contains("no energy: no sensor: --energy.model estimates") && !text.contains("energy of its own"))
  }

  @Test func intervalsAreWhatGrew() {
    var before = Self.account(cpu: 600_000_000)
    before.processes = 300
    let line = MeasuredRun.Interval(
      end: 2_000_000_000, length: 500_000_000, from: before, to: TreeAccount(sumOf: [Self.account()]))
    #expect(line.cpu == 900_000_000 && line.processes == 2 && line.energy == 0)
    #expect(line.text.contains("2.000") && line.text.contains("1.800"))
    // the header stands over the same columns
    #expect(MeasuredRun.Interval.header.dropFirst().count == line.text.count)
  }
}
