import Fixtures
import Foundation
import Glibc
import Machine
import Testing

extension EndToEnd {
  /// `wattprobe run`: what a tree used is what the kernel says by other means.
  @Suite struct RunAccountTests {
    private static let python = "/usr/bin/python3"

    /// Prints what wait4() knows of the children of this process: their CPU time in seconds, switches and faults.
    private static func tree(_ body: String) -> [String] {
      [
        python, "-c",
        """
        import os, resource, signal, sys, time
        def burn(seconds):
            end = time.process_time() + seconds
            while time.process_time() < end: pass
        \(body)
        used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
        print(sum(u.ru_utime + u.ru_stime for u in used), sum(u.ru_nvcsw + u.ru_nivcsw for u in used), sum(u.ru_minflt + u.ru_majflt for u in used))
        """,
      ]
    }

    /// Three hundred processes of a millisecond each: nothing that looks from time to time sees them.
    @Test func shortLivedProcessesAreExact() async throws {
      let group = try ControlGroup("/wattprobe-test-run")
      let command = Self.tree(
        """
        open('\(group.folder)/cgroup.procs', 'w').write('0')
        for _ in range(300):
            pid = os.fork()
            if pid == 0:
                burn(0.001)
                os._exit(0)
            os.waitpid(pid, 0)
        """)
      let measured = try await MeasuredCommand([], command)
      let told = measured.outcome.output.split(separator: " ").compactMap {
        Double($0.trimmingCharacters(in: .newlines))
      }
      try #require(told.count == 3, "\(measured.outcome)")
      let cpu = try measured.number("cpu_seconds")
      // the print and the end of the interpreter come after its own reading
      #expect(cpu > told[0] * 0.995 && cpu < told[0] * 1.005 + 0.02, "\(cpu) s, rusage says \(told[0])")
      let grouped = Double(try group.usage()) / 1e9
      // what came before the process was in the group: its interpreter's start
      #expect(cpu > grouped * 0.995 && cpu < grouped * 1.005 + 0.1, "\(cpu) s, the control group says \(grouped)")
      let switches = try measured.number("voluntary_switches") + measured.number("involuntary_switches")
      #expect(abs(switches - told[1]) <= 20, "\(switches), rusage says \(told[1])")
      let faults = try measured.number("minor_faults") + measured.number("major_faults")
      #expect(faults >= told[2] && faults < told[2] + 2000, "\(faults), rusage says \(told[2])")
      #expect(try measured.number("processes") == 301)
      #expect(try measured.number("ended_processes") == 301)
      #expect(try measured.number("failed_processes") == 0)
      #expect(try measured.number("lost") == 0)
    }

    /// Children of a process that ignores SIGCHLD are in nobody's rusage; orphans and daemons are not either.
    @Test(arguments: [
      "signal.signal(signal.SIGCHLD, signal.SIG_IGN)\nif os.fork() == 0: burn(0.3); os._exit(0)\ntime.sleep(0.1)",
      "if os.fork() == 0:\n    if os.fork() == 0: burn(0.3); os._exit(0)\n    os._exit(0)\nos.wait()\ntime.sleep(0.1)",
      "if os.fork() == 0:\n    os.setsid()\n    if os.fork() == 0: burn(0.3); os._exit(0)\n    os._exit(0)\nos.wait()\ntime.sleep(0.1)",
    ]) func whatNobodyWaitsForIsInIt(body: String) async throws {
      let measured = try await MeasuredCommand(["--wait"], Self.tree(body))
      let told = Double(measured.outcome.output.split(separator: " ").first ?? "") ?? 0
      let cpu = try measured.number("cpu_seconds")
      #expect(cpu > told + 0.29 && cpu < told + 0.45, "\(cpu) s, rusage says \(told)")
    }

    /// A daemon goes on after the command: what it used by then counts, and with --wait all of it.
    @Test func whatIsLeftBehindCountsUntilTheEnd() async throws {
      let body = "if os.fork() == 0:\n    burn(1)\n    os._exit(3)\ntime.sleep(0.3)"
      let left = try await MeasuredCommand([], Self.tree(body))
      let cpu = try left.number("cpu_seconds")
      #expect(cpu > 0.05 && cpu < 0.7, "\(cpu) s")
      #expect(try left.number("living_tasks") == 1)
      let all = try await MeasuredCommand(["--wait"], Self.tree(body))
      let whole = try all.number("cpu_seconds")
      #expect(whole > 1 && whole < 1.2, "\(whole) s")
      #expect(try all.number("living_tasks") == 0)
      #expect(try all.number("failed_processes") == 1)
      #expect(all.outcome.status == 0)
    }

    /// The end of a process is that of its last thread, and its status that of the whole group.
    @Test(arguments: [
      // the first thread ends before another one ends the process; a thread takes the first one's place by exec
      ("thread.start_new_thread(lambda: (time.sleep(0.3), os._exit(4)), ()); ctypes.CDLL(None).pthread_exit(0)", 4),
      ("thread.start_new_thread(lambda: os.execv('/bin/true', ['true']), ()); time.sleep(5)", 0),
    ]) func processesEndOnce(body: String, status: Int32) async throws {
      let measured = try await MeasuredCommand(
        ["--by-process"], [Self.python, "-c", "import _thread as thread, ctypes, os, time\n" + body])
      #expect(measured.outcome.status == status)
      #expect(try measured.number("processes") == 1)
      #expect(try measured.number("ended_processes") == 1)
      #expect(try measured.number("failed_processes") == (status == 0 ? 0 : 1))
      let processes = try #require(measured.tree["by_process"] as? [[String: Any]])
      #expect(processes.count == 1 && (processes[0]["exit_status"] as? NSNumber)?.int32Value == status)
    }

    /// Who sleeps as measuring begins, and still as it ends, is off its CPU in between.
    @Test func sleepsUnderWayCount() async throws {
      let sleeper = try RunningProgram("/bin/sleep", ["30"])
      let measured = try await MeasuredCommand(["--pid", "\(sleeper.pid)", "--duration", "1s"], [])
      let waits = try #require(measured.tree["offcpu_seconds"] as? [String: NSNumber])
      #expect((waits["interruptible"]?.doubleValue ?? 0) > 0.9, "\(waits)")
      #expect((waits["interruptible"]?.doubleValue ?? 9) < 3, "\(waits)")
    }

    @Test func systemCallsAreExact() async throws {
      let measured = try await MeasuredCommand(
        ["--by-process"],
        [
          Self.python, "-c",
          """
          import os
          pid = os.fork()
          for _ in range(20000 if pid else 10000): os.getppid()
          for _ in range(500 if pid else 0):
              try: os.kill(2**22 - 1, 0)
              except OSError: pass
          if pid: os.waitpid(pid, 0)
          else: os._exit(0)
          """,
        ])
      #expect(measured.calls("getppid") == 30000)
      #expect(measured.calls("exit_group") == 2)
      #expect(
        measured.calls("clone") + measured.calls("clone3") + measured.calls("vfork") + measured.calls("fork") == 1)
      let calls = (measured.tree["syscalls"] as? [String: Any])?["calls"] as? [String: [String: Any]]
      #expect((calls?["kill"]?["errors"] as? NSNumber)?.intValue == 500)
      let processes = try #require(measured.tree["by_process"] as? [[String: Any]])
      let each = processes.map { ($0["syscalls"] as? [String: [String: Any]])?["getppid"]?["calls"] as? Int }
      #expect(processes.count == 2 && Set(each) == [20000, 10000], "\(each)")
      let sum = processes.reduce(0.0) { $0 + (($1["cpu_seconds"] as? NSNumber)?.doubleValue ?? 0) }
      #expect(abs(sum - (try measured.number("cpu_seconds"))) < 1e-8)
    }

    @Test func networkStorageMemoryAndWaitsAreThere() async throws {
      let folder = try TemporaryTree()
      let measured = try await MeasuredCommand(
        [],
        [
          Self.python, "-c",
          """
          import os, socket, time, threading
          server = socket.socket(); server.bind(('127.0.0.1', 0)); server.listen()
          client = socket.create_connection(server.getsockname()); peer, _ = server.accept()
          def read():
              n = 0
              while n < 3000000: n += len(peer.recv(65536))
          reader = threading.Thread(target=read); reader.start()
          client.sendall(b'x' * 3000000); reader.join()
          local = socket.socketpair(); local[0].send(b'y' * 1000)
          memory = bytearray(100 << 20)
          with open('\(folder.root)/file', 'wb') as file: file.write(b'z' * 5000000); file.flush(); os.fsync(file.fileno())
          time.sleep(0.25)
          """,
        ])
      #expect(try measured.number("network_sent_bytes") == 3_000_000)
      #expect(try measured.number("network_received_bytes") == 3_000_000)
      #expect(try measured.number("threads") == 1)
      let peak = try measured.number("peak_resident_bytes")
      #expect(peak > 105e6 && peak < 147e6, "\(peak)")
      let written = try measured.number("written_bytes")
      #expect(written >= 5_000_000 && written < 6_000_000 || written == 0, "a tmpfs writes nothing: \(written)")
      let waits = try #require(measured.tree["offcpu_seconds"] as? [String: NSNumber])
      #expect((waits["interruptible"]?.doubleValue ?? 0) > 0.25, "\(waits)")
    }

    // MARK: Several runs, intervals, trees that are there

    @Test func runsAreRepeated() async throws {
      let measured = try await MeasuredCommand(["-r", "5"], ["/bin/sh", "-c", "echo run; exit 4"])
      #expect(measured.runs.count == 5 && measured.outcome.output == String(repeating: "run\n", count: 5))
      #expect(measured.outcome.status == 4)
      let all = measured.runs.map { (($0["trees"] as? [[String: Any]])?[0]["processes"] as? NSNumber)?.intValue }
      #expect(Set(all) == [1])
      let statistics = (measured.report["statistics"] as? [[String: [String: NSNumber]]])?.first?["cpu_seconds"]
      let each = try measured.runs.map { run in
        try #require(((run["trees"] as? [[String: Any]])?[0]["cpu_seconds"] as? NSNumber)?.doubleValue)
      }
      let mean = each.reduce(0, +) / 5
      let deviation = (each.reduce(0.0) { $0 + ($1 - mean) * ($1 - mean) } / 4).squareRoot()
      #expect(abs((statistics?["mean"]?.doubleValue ?? 0) - mean) < 1e-9)
      #expect(abs((statistics?["standard_deviation"]?.doubleValue ?? 0) - deviation) < 1e-9)
    }

    /// What one run leaves behind is not the next one's, and each divides the machine's joules without a remainder.
    @Test func runsBeginAnew() async throws {
      let measured = try await MeasuredCommand(
        ["-r", "3", "--energy.model", "haswell"],
        ["/bin/sh", "-c", "i=0; while [ $i -lt 20000 ]; do i=$((i+1)); done; (sleep 3 &)"])
      #expect(measured.runs.count == 3)
      for run in measured.runs {
        let tree = try #require((run["trees"] as? [[String: Any]])?.first)
        #expect((tree["processes"] as? NSNumber)?.intValue == 3 && (tree["living_tasks"] as? NSNumber)?.intValue == 1)
        let machine = try #require(run["machine"] as? [String: Any])
        func microjoules(_ value: Any?) -> Int { Int((((value as? NSNumber)?.doubleValue ?? .nan) * 1e6).rounded()) }
        let parts = ["other_processes_joules", "kernel_joules", "idle_joules", "unattributed_joules"]
        let own = microjoules((tree["energy"] as? [String: Any])?["joules"])
        #expect(own > 0)
        #expect(own + parts.map { microjoules(machine[$0]) }.reduce(0, +) == microjoules(machine["joules"]))
      }
    }

    @Test func intervalsAddUpToTheRun() async throws {
      let measured = try await MeasuredCommand(
        ["--interval", "200ms"],
        Self.tree(
          """
          for _ in range(5):
              if os.fork() == 0: burn(0.1); os._exit(0)
              os.wait(); time.sleep(0.1)
          """))
      let intervals = try #require(measured.runs.first?["intervals"] as? [[String: Any]])
      #expect(intervals.count >= 5)
      for name in ["cpu_seconds", "processes"] {
        let sum = intervals.reduce(0.0) { $0 + (($1[name] as? NSNumber)?.doubleValue ?? 0) }
        let whole = try measured.number(name) - (name == "processes" ? 1.0 : 0.0)
        #expect(abs(sum - whole) < 1e-6, "\(name): \(sum) of \(whole)")
      }
    }

    /// Two trees that share the machine, a third process beside them, and sensors of which the truth is known.
    @Test func joulesOfTreesAddUpToTheMachines() async throws {
      let tree = try SensorTree()
      try tree.zone("intel-rapl:0", "package-0", energy: 1_000_000)
      try tree.zone("intel-rapl:0:1", "dram", energy: 500_000)
      let counters = try TickingCounters(["intel-rapl:0", "intel-rapl:0:1"].map(tree.counter))
      defer { counters.stop() }
      func busy(_ share: Int) throws -> RunningProgram {
        try RunningProgram(
          "/bin/sh", ["-c", "while :; do i=0; while [ $i -lt \(share)000 ]; do i=$((i+1)); done; sleep 0.01; done"])
      }
      let programs = try [busy(20), busy(5), busy(10)]
      let pids = programs.prefix(2).flatMap { ["--pid", "\($0.pid)"] }
      let measured = try await MeasuredCommand(
        pids + ["--duration", "3s", "--path.sysfs", tree.path, "--energy.interval", "500ms"], [])
      let machine = try #require(measured.machine)
      func microjoules(_ value: Any?) -> Int { Int((((value as? NSNumber)?.doubleValue ?? .nan) * 1e6).rounded()) }
      let trees = measured.trees.map { microjoules(($0["energy"] as? [String: Any])?["joules"]) }
      #expect(trees.count == 2 && trees[0] > trees[1] && trees[1] > 0, "\(trees)")
      let others = ["other_processes_joules", "kernel_joules", "idle_joules", "unattributed_joules"].map {
        microjoules(machine[$0])
      }
      #expect(others[0] > 0)
      #expect((trees + others).reduce(0, +) == microjoules(machine["joules"]), "\(trees), \(others), \(machine)")
      let zones = try #require(machine["zones"] as? [[String: Any]])
      #expect(zones.map { microjoules($0["joules"]) }.reduce(0, +) == microjoules(machine["joules"]))
      // a microjoule a millisecond and zone
      #expect(zones.count == 2 && zones.allSatisfy { 500...3_600 ~= microjoules($0["joules"]) }, "\(zones)")
      #expect(machine["estimated"] as? Bool == false)
    }

    @Test func treesThatAreThereAreFollowed() async throws {
      let folder = try TemporaryTree()
      let program = try RunningProgram(
        Self.python,
        Array(
          Self.tree(
            """
            if os.fork() == 0: burn(1.5); os._exit(0)
            if os.fork() == 0:
                time.sleep(0.3)
                open('\(folder.root)/go', 'w')
                time.sleep(0.7)
                if os.fork() == 0: burn(0.5); os._exit(0)
                os.wait(); os._exit(0)
            os.wait(); os.wait()
            """
          ).dropFirst()))
      try await eventually("the tree to be there") { access(folder.root + "/go", F_OK) == 0 ? () : nil }
      let measured = try await MeasuredCommand(["--pid", "\(program.pid)"], [])
      let cpu = try measured.number("cpu_seconds")
      // less what came before, and what starts of processes take
      #expect(cpu > 1.2 && cpu < 1.85, "\(cpu)")
      #expect(try measured.number("living_tasks") == 0)
      #expect((measured.tree["name"] as? String)?.contains("\(program.pid)") == true)
    }
  }
}
