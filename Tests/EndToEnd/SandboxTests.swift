import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  /// What the threads of the program that serves can still do: a tracer has them try.
  @Suite struct SandboxTests {
    /// Lets everybody read, write and make files.
    private static func folder() throws -> TemporaryTree {
      let tree = try TemporaryTree()
      let file = try tree.write("file", "text")
      try #require(chmod(tree.root, 0o777) == 0 && chmod(file, 0o666) == 0)
      return tree
    }

    /// What came of each attempt, by thread.
    private static func attempts(_ process: Int32, _ tree: TemporaryTree, port: UInt16) async throws
      -> [String: [String: String]]
    {
      let outcome = try await Executable.run(
        Executable.loads, ["attempts", "\(process)", tree.root, "\(port)"])
      try #require(outcome.status == 0, "\(outcome.errors)")
      var attempts: [String: [String: String]] = [:]
      for line in outcome.output.split(separator: "\n") {
        let words = line.split(separator: " ").map(String.init)
        attempts[words[0], default: [:]][words[1]] = words[2]
      }
      return attempts
    }

    private static let isAllowed = ["getpid", "read-procfs", "read-sysfs"]
    private static let filtered = [
      "write": "EPERM", "create": "EPERM", "truncate": "EPERM", "mkdir": "EPERM", "unlink": "EPERM", "chmod": "EPERM",
      "openat2": "ENOSYS", "exec": "EPERM", "fork": "EPERM", "io_uring": "EPERM", "keyctl": "EPERM", "unshare": "EPERM",
      "ptrace": "EPERM", "setns": "EPERM", "open-program": "EPERM",
    ]
    private static let outOfReach = ["read", "read-and-write", "list", "read-users"]

    /// As the log has it; nil where the kernel has none.
    private static func landlock(_ exporter: Exporter) -> Int? {
      let line = exporter.program.errors.split(separator: "\n").first { $0.contains("msg=sandboxed") }
      return line?.firstMatch(of: /landlock=(\d+)/).flatMap { Int($0.output.1) }
    }

    @Test func noThreadCanDoWhatServingDoesNotTake() async throws {
      let tree = try Self.folder()
      let exporter = try await Exporter(["--collector.kmem", "--collector.locks", "--collector.loadtracking"])
      #expect(try exporter.get().status == 200)
      let version = Self.landlock(exporter) ?? 0
      let attempts = try await Self.attempts(exporter.program.pid, tree, port: exporter.port)
      #expect(attempts.count >= 3)
      for (thread, results) in attempts {
        for name in Self.isAllowed { #expect(results[name] == "done", "\(thread) \(name)") }
        for (name, error) in Self.filtered { #expect(results[name] == error, "\(thread) \(name)") }
        if version >= 1 { for name in Self.outOfReach { #expect(results[name] == "EACCES", "\(thread) \(name)") } }
        if version >= 4 { for name in ["connect", "bind"] { #expect(results[name] == "EACCES", "\(thread) \(name)") } }
      }
      #expect(tree.root.isEmpty == false && !FileManager.default.fileExists(atPath: tree.root + "/new"))

      // it has noticed nothing
      let scrape = Scrape(try exporter.get().body)
      let failed = scrape.of("wattprobe_scrape_collector_success").filter { $0.number != 1 }
      #expect(failed.isEmpty)
      #expect(try await exporter.stop().status == 0)
    }

    /// The helper, which keeps privileges, can do nothing but what it is asked for: of files, open those of procfs and sysfs.
    @Test func theHelperCanDoNothingElse() async throws {
      let tree = try Self.folder()
      let exporter = try await Exporter([])
      let version = Self.landlock(exporter) ?? 0
      let children = try String(
        contentsOfFile: "/proc/\(exporter.program.pid)/task/\(exporter.program.pid)/children", encoding: .utf8)
      let helper = try #require(
        children.split(separator: " ").compactMap { Int32($0) }.first { pid in
          (try? String(contentsOfFile: "/proc/\(pid)/comm", encoding: .utf8)) == "wattprobe-priv\n"
        })
      let attempts = try await Self.attempts(helper, tree, port: exporter.port)
      try #require(attempts.count == 1)
      for (name, result) in try #require(attempts.first).value where name != "openat2" {
        #expect(result == "EPERM", "\(name)")
      }
      if version >= 1 { #expect(attempts.first?.value["openat2"] == "EACCES") }
      // it still does its work
      #expect(Scrape(try exporter.get().body).of("wattprobe_bpf_program_run_seconds_total").count > 5)
      #expect(try await exporter.stop().status == 0)
    }

    /// What the attempts come to where nothing refuses them: else the test above would hold of anything.
    @Test func withoutTheSandboxTheSameSucceeds() async throws {
      let tree = try Self.folder()
      let exporter = try await Exporter(["--no-security.sandbox"])
      #expect(!exporter.program.errors.contains("msg=sandboxed"))
      let attempts = try await Self.attempts(exporter.program.pid, tree, port: exporter.port)
      for (thread, results) in attempts {
        for name in Self.isAllowed + Self.outOfReach + ["write", "truncate", "openat2", "unshare", "connect"] {
          #expect(results[name] == "done", "\(thread) \(name)")
        }
        #expect(results["exec"] == "ENOENT" && results["fork"] == "EINVAL" && results["ptrace"] == "ESRCH")
        #expect(results["bind"] == "EADDRINUSE" && results["setns"] == "EBADF" && results["chmod"] == "EPERM")
      }
    }

    /// The same families, whatever the machine does meanwhile: some are there from the first event on.
    @Test func itServesTheSameFamilies() async throws {
      let exporters = [
        try await Exporter(["--process.detail"]), try await Exporter(["--process.detail", "--no-security.sandbox"]),
      ]
      var families: [Set<Substring>] = [[], []]
      do {
        try await eventually("both to have served the same") {
          for (index, exporter) in exporters.enumerated() {
            families[index].formUnion(
              try exporter.get().body.split(separator: "\n").filter { $0.hasPrefix("# TYPE") })
          }
          return families[0].count > 50 && families[0] == families[1] ? () : nil
        }
      } catch {
        Issue.record("one alone served \(families[0].symmetricDifference(families[1]))")
        throw error
      }
      for exporter in exporters { #expect(try await exporter.stop().status == 0) }
    }

    /// Where the certificate is a link, as those who renew certificates have it, both folders are within reach.
    @Test func certificatesCanBeReplaced() async throws {
      let authority = try await Authority()
      try await authority.run("chmod 644 *.key && chmod 755 . && mkdir -m 755 store && mv server.* store/")
      try await authority.run("ln -s store/server.pem store/server.key .")
      let exporter = try await Exporter(["--web.config.file", try authority.configure()])
      try await authority.run("rm server.pem server.key store/server.*")
      try await authority.sign("server", names: "DNS:localhost", usage: "serverAuth")
      try await authority.run("chmod 644 server.key && mv server.pem store/2.pem && mv server.key store/2.key")
      try await authority.run("ln -s store/2.pem server.pem && ln -s store/2.key server.key")
      try await eventually("the change to be noticed") {
        _ = try? exporter.get()
        return exporter.program.errors.contains("web configuration changed") ? () : nil
      }
      #expect(!exporter.program.errors.contains("a file of TLS is wrong"))
      #expect(try await exporter.stop().status == 0)
    }
  }
}
