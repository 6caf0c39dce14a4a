import Fixtures
import Foundation
import Glibc
import Machine
import Testing

extension EndToEnd {
  /// `wattprobe run`: the command is as it would be alone.
  @Suite struct RunTests {
    private static let python = "/usr/bin/python3"

    private static func run(_ options: [String] = [], _ command: [String]) async throws -> Outcome {
      try await Executable.run(Executable.wattprobe, ["run"] + options + ["--"] + command)
    }

    // MARK: The command

    /// The parser would take minutes for these.
    @Test func itHasAnyNumberOfArguments() async throws {
      let outcome = try await Self.run(
        ["-o", "/dev/null"], ["/bin/sh", "-c", "echo $#", "sh"] + (1...50_000).map { "\($0)" })
      #expect(outcome.output == "50000\n")
    }

    /// A test runner may hold signals back, and so whatever it starts.
    private static func selfKilled(_ name: String) -> [String] {
      [
        python, "-c",
        "import os, signal; signal.pthread_sigmask(signal.SIG_SETMASK, []); os.kill(os.getpid(), signal.\(name))",
      ]
    }

    private static let ends: [(command: [String], status: Int32)] = [
      (["/bin/sh", "-c", "exit 7"], 7), (["/bin/true"], 0), (selfKilled("SIGTERM"), -SIGTERM),
      (selfKilled("SIGUSR2"), -SIGUSR2),
      (["/bin/sh", "-c", "kill -KILL $$"], -SIGKILL), (["/no/such/command"], 127), (["nosuchcommand"], 127),
      (["/etc/passwd"], 126), (["/etc"], 126),
    ]

    @Test(arguments: ends) func itsEndIsTheEndOfTheRun(command: [String], status: Int32) async throws {
      let outcome = try await Self.run([], command)
      #expect(outcome.status == status, "\(outcome.errors)")
      if status == 126 || status == 127 {
        let lines = outcome.errors.split(separator: "\n")
        #expect(lines.count == 1 && lines[0].contains(command[0]), "\(lines)")
      }
    }

    @Test func itHasItsOwnInputOutputArgumentsAndEnvironment() async throws {
      let script = "read line; echo \"$line|$1|$2|$KEPT\"; echo problem >&2"
      let (status, output) = try await Executable.pipe(
        "a line\n",
        into: "KEPT='a b' \(Executable.wattprobe) run -o /dev/null -- /bin/sh -c '\(script)' name '--pid' '*'")
      #expect(status == 0)
      #expect(output.contains("a line|--pid|*|a b\n") && output.contains("problem\n"), "\(output)")
    }

    @Test(arguments: [SIGTERM, SIGINT, SIGHUP, SIGUSR1]) func signalsReachIt(signal: Int32) async throws {
      let folder = try TemporaryTree()
      let ready = folder.root + "/ready"
      let program = try RunningProgram(
        Executable.wattprobe,
        [
          "run", "--", "/bin/sh", "-c",
          "trap 'echo trapped; exit 9' TERM INT HUP USR1; touch \(ready); while :; do sleep 0.05; done",
        ])
      try await eventually("the command to be ready") { access(ready, F_OK) == 0 ? () : nil }
      program.signal(signal)
      let outcome = try await program.outcome()
      #expect(outcome.status == 9 && outcome.output == "trapped\n", "\(outcome)")
      #expect(outcome.errors.contains("CPU time"))
    }

    /// Blocked or ignored signals, and limits, would change what commands do.
    @Test func itInheritsWhatItWouldHaveAlone() async throws {
      let show = "grep -E '^Sig|^Shd|Cap|Groups|Seccomp|NoNew' /proc/self/status; ulimit -a"
      let alone = try await Executable.run("/bin/sh", ["-c", show])
      let measured = try await Self.run(["-o", "/dev/null"], ["/bin/sh", "-c", show])
      #expect(measured.output == alone.output)
      let folder = try TemporaryTree()
      let descriptors = "ls -l /proc/self/fd | wc -l > \(folder.root)/"
      _ = try await Executable.run("/bin/sh", ["-c", descriptors + "alone"])
      _ = try await Self.run([], ["/bin/sh", "-c", descriptors + "measured"])
      let counts = try ["alone", "measured"].map { try String(contentsOfFile: folder.root + "/" + $0, encoding: .utf8) }
      #expect(counts[0] == counts[1])
    }

    /// As sudo leaves it: the user who asked, with all groups and the home folder.
    @Test func itRunsAsWhoAsked() async throws {
      let show = "id -u; id -g; id -G; echo $HOME; echo $USER; echo ${SUDO_UID-none}"
      let program = try RunningProgram(
        Executable.wattprobe, ["run", "-o", "/dev/null", "--", "/bin/sh", "-c", show],
        environment: ["SUDO_UID": "65534", "SUDO_GID": "65534", "SUDO_USER": "nobody"])
      let outcome = try await program.outcome()
      #expect(outcome.output == "65534\n65534\n65534\n/nonexistent\nnobody\nnone\n", "\(outcome)")
      let option = try await Self.run(["--user", "daemon", "-o", "/dev/null"], ["/usr/bin/id", "-un"])
      #expect(option.output == "daemon\n", "\(option)")
    }

    @Test func whatIsWrongIsSaidInOneLine() async throws {
      for (arguments, words) in [
        (["run"], ["no command", "after --"]), (["run", "ls"], ["after --"]),
        (["run", "--pid", "1", "--", "ls"], ["exclude each other"]), (["run", "--pid", "4194303"], ["no process"]),
        (["run", "-r", "0", "--", "ls"], ["--repeat", "10000"]),
        (["run", "--interval", "1ms", "--", "ls"], ["--interval", "100ms"]),
        (["run", "-o", "/no/such/file", "--", "ls"], ["/no/such/file", "No such file"]),
        (["run", "--user", "mallory", "--", "ls"], ["no user"]),
      ] {
        let outcome = try await Executable.run(Executable.wattprobe, arguments)
        #expect(outcome.status == 125, "\(arguments): \(outcome)")
        for word in words { #expect(outcome.errors.contains(word), "\(arguments): \(outcome.errors)") }
      }
      let full = try await Self.run(["-o", "/dev/full"], ["/bin/echo", "it ran"])
      #expect(full.status == 125 && full.output == "it ran\n" && full.errors.contains("/dev/full: No space left"))
      let folder = try TemporaryTree()
      let kept = try folder.write("kept", "as it was")
      #expect(try await Self.run(["-o", kept], ["/no/such/command"]).status == 127)
      #expect(try String(contentsOfFile: kept, encoding: .utf8) == "as it was")
      try #require(mkfifo(folder.root + "/pipe", 0o600) == 0)
      let pipe = try await Self.run(["-o", folder.root + "/pipe"], ["/bin/echo", "it ran"])
      #expect(pipe.status == 125 && pipe.output == "" && pipe.errors.contains("/pipe"), "\(pipe)")
      // nobody reads the report: that is the reader's choice
      let (status, output) = try await Executable.pipe(
        "", into: "(\(Executable.wattprobe) run -- sh -c 'exit 3' 2>&1; echo $? >&2) | true; cat")
      #expect(status == 0 && output.contains("3\n"), "\(output)")
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let outcome = try await Executable.run(
        setpriv, Executable.nobody + [Executable.wattprobe, "run", "--", "/bin/echo", "it ran"])
      #expect(outcome.status == 125 && outcome.output == "", "\(outcome)")
      #expect(outcome.errors.contains("run as root"))
    }

    /// The text has what the JSON has; names from outside stay in their lines.
    @Test func theTextIsForPeople() async throws {
      let outcome = try await Self.run(
        ["--energy.model", "haswell", "--by-process", "--calls"], ["/bin/sh", "-c", "sleep 0.2 # \u{1b}[31m\n"])
      for words in [
        "energy of its own", "by a model, not measured", "elapsed", "CPU time", "waiting for a CPU", "context switches",
        "page faults", "system calls", "execve", "The machine meanwhile", "other processes", "sleep",
      ] {
        #expect(outcome.errors.contains(words), "no \(words) in \(outcome.errors)")
      }
      #expect(!outcome.errors.contains("\u{1b}"))
    }
  }
}
