import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What cannot work ends with 1 and says on standard error what is wrong, why, and what to do.
  @Suite struct BadInputTests {
    struct Input: CustomTestStringConvertible {
      let arguments: [String]
      /// What the error names: the thing, the cause, the cure.
      let words: [String]

      var testDescription: String { arguments.joined(separator: " ") }

      init(_ arguments: String..., names words: [String]) {
        self.arguments = arguments
        self.words = words
      }
    }

    static let inputs = [
      Input("--collector.nope", names: ["--collector.nope", "there is no collector", "the collectors are sched"]),
      Input("--no-collector.nope", names: ["--no-collector.nope", "there is no collector", "the collectors are"]),
      Input("--web.listen-address", "here", names: ["\"here\"", "has no port", "write HOST:PORT"]),
      Input("--web.listen-address", ":99999", names: ["\":99999\"", "0 to 65535", "such as :10418"]),
      Input("--web.listen-address", "::1:80", names: ["\"::1:80\"", "several colons", "brackets"]),
      Input("--web.telemetry-path", "metrics", names: ["\"metrics\"", "does not begin with '/'", "write /metrics"]),
      Input("--web.telemetry-path", "/", names: ["\"/\"", "page of wattprobe", "such as /metrics"]),
      Input("--web.max-requests", "-1", names: ["--web.max-requests -1", "negative", "give 0"]),
      Input("--web.systemd-socket", names: ["--web.systemd-socket", "no socket", "by its socket unit"]),
      Input("--user", "mallory", names: ["--user", "no user \"mallory\"", "UID:GID"]),
      Input("--user", "nobody:0", names: ["--user", "no user \"nobody:0\""]),
      Input("--user", "4294967295", names: ["--user", "no user \"4294967295\""]),
      Input("--log.level", "loud", names: ["--log.level", "no log level \"loud\"", "the levels are trace"]),
      Input("--log.format", "xml", names: ["--log.format", "xml", "'text' and 'json'"]),
      Input("--collector.disable-defaults", names: ["all collectors", "switched off", "with --collector.<name>"]),
      Input("--budget.cpu", "2", names: ["--budget.cpu", "\"2\"", "is no budget", "such as 2.5%"]),
      Input("--budget.cpu", "0%", names: ["\"0%\"", "write default, off, or a share of one CPU"]),
      Input("--budget.cpu", "nan%", names: ["\"nan%\"", "is no budget"]),
      Input("--process.limit", "0", names: ["--process.limit 0", "1 to 10000"]),
      Input("--loadtracking.window", "10ms", names: ["--loadtracking.window 10ms", "100ms to 60s"]),
      Input("--loadtracking.cpu-bound", "1.5", names: ["--loadtracking.cpu-bound 1.5", "0.001 to 1"]),
      Input("--loadtracking.io-bound", "0", names: ["--loadtracking.io-bound 0", "0.001 to 1"]),
      Input("--loadtracking.interactive", "2h", names: ["--loadtracking.interactive", "60s"]),
      Input("--loadtracking.tasks", "1", names: ["--loadtracking.tasks 1", "1024"]),
      Input("--kmem.allocations", "1", names: ["--kmem.allocations 1", "1024"]),
      Input("--kmem.sites", "0", names: ["--kmem.sites 0", "1 to 1000"]),
      Input("--cgroup.limit", "0", names: ["--cgroup.limit 0", "1 to 10000"]),
      Input("--cgroup.grace", "soon", names: ["--cgroup.grace", "soon"]),
      Input("--irq.limit", "0", names: ["--irq.limit 0", "1 to 1000"]),
      Input("--process.grace", "5", names: ["--process.grace", "\"5\" is no time", "such as 500ms"]),
      Input("--energy.idle-watts", "5W", names: ["--energy.idle-watts", "\"5W\" is no power", "such as 12.5"]),
      Input("--energy.idle-watts", "-1", names: ["--energy.idle-watts"]),
      Input("--energy.idle-watts", "1e3", names: ["\"1e3\" is no power"]),
      Input("--energy.interval", "-1s", names: ["--energy.interval", "\"-1s\" is no time", "such as 500ms"]),
      Input("--energy.interval", "fast", names: ["--energy.interval", "\"fast\" is no time", "such as 500ms"]),
      Input("--energy.interval", "0s", names: ["--energy.interval", "\"0s\" is no time"]),
      Input("--energy.interval", "99ms", names: ["--energy.interval 99ms", "from 100ms to 60s"]),
      Input("--energy.interval", "2m", names: ["--energy.interval 120s", "from 100ms to 60s"]),
      Input("--energy.smt-weight", "0", names: ["--energy.smt-weight 0:", "from 0.1 to 1"]),
      Input("--energy.smt-weight", "1.5", names: ["--energy.smt-weight 1.5", "from 0.1 to 1"]),
      Input("--energy.smt-weight", "half", names: ["--energy.smt-weight", "half"]),
      Input(
        "--energy.model", "skylark", names: ["no preset \"skylark\"", "give auto", "./skylark", "haswell", "skylake"]),
      Input("--energy.model", "./none.conf", names: ["--energy.model", "./none.conf: No such file", "skylake"]),
      Input("--compat", "keplr", names: ["--compat", "no exporter \"keplr\"", "kepler, scaphandre, node", "commas"]),
      Input("--compat", "kepler,node_exporter", names: ["no exporter \"node_exporter\"", "kepler, scaphandre, node"]),
      Input("--compat", "", names: ["--compat", "no exporter \"\"", "kepler, scaphandre, node"]),
      Input("--compat=", names: ["--compat", "Missing value"]),
      Input("--compat=kepler,", names: ["no exporter \"\"", "kepler, scaphandre, node"]),
      Input(
        "--compat", "kepler", "--no-collector.energy", names: ["--compat", "energy collector", "--collector.energy"]),
      Input("--energy.nvml-library", "", names: ["--energy.nvml-library", "name or path"]),
      Input("--path.sysfs", "/nowhere", names: ["--path.sysfs", "/nowhere: No such file", "give the directory"]),
      Input(
        "--path.procfs", "/etc/hosts", names: ["--path.procfs", "/etc/hosts: Not a directory", "give the directory"]),
      Input("--no-such-option", names: ["Unknown option", "--no-such-option"]),
      Input("serf", names: ["Unexpected argument", "serf"]),
    ]

    @Test(arguments: inputs)
    func isNamedWithCauseAndCure(_ input: Input) async throws {
      let outcome = try await Executable.run(Executable.wattprobe, input.arguments)
      expect(input.words, in: outcome)
    }

    @Test func aTypoInAFileOfCoefficientsIsNamedWithItsPlace() async throws {
      let folder = try TemporaryTree()
      let path = try folder.write("model.conf", "# mine\nidle_watts = 20\n  busy_wats = 3\n")
      let outcome = try await Executable.run(Executable.wattprobe, ["--energy.model", path])
      expect(
        ["--energy.model", "\(path):3:3: there is no coefficient \"busy_wats\"", "busy_watts", "model.conf"],
        in: outcome)
    }

    @Test func aProcessorWithoutAPresetIsNamed() async throws {
      let folder = try TemporaryTree()
      try folder.write("cpuinfo", "processor\t: 0\nvendor_id\t: CentaurHauls\ncpu family\t: 6\nmodel\t\t: 15\n\n")
      let outcome = try await Executable.run(
        Executable.wattprobe, ["--path.procfs", folder.root, "--energy.model=auto"])
      expect(
        ["no preset for this processor", "CentaurHauls family 6 model 15", "most similar of sandybridge"], in: outcome)
    }

    @Test func anAddressInUseIsNamed() async throws {
      let other = try await Exporter(["--no-bpf.statistics"])
      let outcome = try await Executable.run(
        Executable.wattprobe, ["--web.listen-address", "127.0.0.1:\(other.port)", "--log.level", "warning"])
      expect(["127.0.0.1:\(other.port)", "address already in use", "--web.listen-address"], in: outcome)
      #expect(outcome.errors.split(separator: "\n").count == 1, "\(outcome.errors)")
    }

    @Test func withoutPrivilegesOneLineSaysWhatAllCollectorsLack() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let outcome = try await Executable.run(
        setpriv, Executable.nobody + [Executable.wattprobe, "--no-collector.energy"])
      expect(["no collector could start", "see the lines above", "wattprobe collectors"], in: outcome)
      let lines = outcome.errors.split(separator: "\n").filter { $0.contains("collectors=") }
      try #require(lines.count == 1, "\(outcome.errors)")
      for collector in ["sched", "cpu", "exits", "process", "signals"] {
        #expect(lines[0].contains(try Regex("[\" ]\(collector)[,\"]")), "\(lines)")
      }
      #expect(lines[0].contains("cause=\"cannot load the eBPF object: Operation not permitted\""))
      #expect(lines[0].contains("CAP_BPF and CAP_PERFMON"))
    }

    @Test func whatKeepsItFromStartingIsLoggedInTheFormatAskedFor() async throws {
      let outcome = try await Executable.run(
        Executable.wattprobe, ["--log.format", "json", "--web.telemetry-path", "metrics"])
      #expect(outcome.status == 1)
      let lines = outcome.errors.split(separator: "\n")
      try #require(lines.count == 1, "\(outcome.errors)")
      let line = try JSONDecoder().decode([String: String].self, from: Data(lines[0].utf8))
      #expect(line["level"] == "critical")
      #expect(line["msg"]?.contains("does not begin with '/'") == true)
      #expect(line["cure"]?.contains("write /metrics") == true)
    }

    /// The command line is wrong before there is a log: text, with the usage.
    @Test func aWrongCommandLineShowsTheUsageOfTheExporter() async throws {
      for arguments in [["--no-such-option"], ["--process.limit", "0"], ["collectors", "--process.limit", "0"]] {
        let outcome = try await Executable.run(Executable.wattprobe, arguments)
        #expect(outcome.errors.contains("Usage: wattprobe [<options>]\n"), "\(outcome.errors)")
        #expect(outcome.errors.contains("See 'wattprobe --help' for more information."), "\(outcome.errors)")
      }
    }

    @Test func aTreeThatMayNotBeReadIsNamed() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let folder = try TemporaryTree()
      chmod(folder.root, 0)
      // no capability at all, as root: files of another user are out of reach
      chown(folder.root, 65534, 65534)
      let outcome = try await Executable.run(
        setpriv,
        ["--inh-caps=-all", "--bounding-set=-all", Executable.wattprobe, "--path.sysfs", folder.root])
      expect(["--path.sysfs", "\(folder.root): Permission denied", "give the directory"], in: outcome)
    }

    private func expect(_ words: [String], in outcome: Outcome) {
      #expect(outcome.status == 1)
      #expect(outcome.output.isEmpty)
      for word in words { #expect(outcome.error.contains(word), "\(outcome.errors)") }
    }
  }
}
