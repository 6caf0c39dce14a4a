import Fixtures
import Foundation
import Testing

extension EndToEnd {
  /// The view of another machine's exporter.
  @Suite struct TopFromTests {
    private static func top(_ arguments: [String]) async throws -> Outcome {
      try await Executable.run(
        Executable.wattprobe, ["top", "--batch", "--iterations", "2", "--interval", "500ms"] + arguments)
    }

    @Test func itTakesNoPrivileges() async throws {
      let setpriv = try Executable.tool("/usr/bin/setpriv", package: "util-linux")
      let exporter = try await Exporter(TopTests.model + ["--process.detail"])
      let load = try RunningProgram("/bin/sh", ["-c", "while :; do :; done"])
      defer { load.signal(SIGKILL) }
      let address = "http://127.0.0.1:\(exporter.port)"
      let outcome = try await Executable.run(
        setpriv,
        Executable.nobody + [
          Executable.wattprobe, "top", "--batch", "--iterations", "3", "--from", address, "--filter", "\(load.pid)",
        ])
      #expect(outcome.status == 0, "\(outcome.errors)")
      let blocks = TopBlock.blocks(outcome.output)
      #expect(blocks.count == 3)
      let last = try #require(blocks.last)
      #expect(last.header.first?.hasPrefix(address) == true)
      #expect(last.title.contains("WATTS") && last.title.contains("SYS/s"))
      let row = try #require(last.row(pid: load.pid), "\(last.rows)")
      #expect(try #require(last.figure("CPU%", row)) > 20)
    }

    @Test func addressAndAnswerAreChecked() async throws {
      let exporter = try await Exporter()
      for (path, word) in [("/nothing", "404"), ("/", "no metrics")] {
        let outcome = try await Self.top(["--from", "http://127.0.0.1:\(exporter.port)\(path)"])
        #expect(outcome.status == 1)
        #expect(outcome.error.contains(word), "\(outcome.errors)")
        #expect(outcome.output.isEmpty)
      }
      let secured = try await Self.top(["--from", "https://127.0.0.1:\(exporter.port)"])
      #expect(secured.status == 1)
      #expect(secured.error.contains("does not speak TLS"), "\(secured.errors)")
    }

    @Test func connectionsAreSecuredAndCertificatesChecked() async throws {
      let authority = try await Authority()
      try await authority.selfSigned("stranger", subject: "/CN=stranger")
      try await authority.run("chmod 644 *.key && chmod 755 .")
      let file = try authority.configure(after: "basic_auth_users:\n  prom: \(SecuredServingTests.hash)")
      let exporter = try await Exporter(["--web.config.file", file])
      let credentials = try authority.tree.write("credentials", "prom:secret\n")
      let trusted = ["--from.ca-file", "\(authority.folder)/ca.pem"]
      let known = ["--from.credentials-file", credentials]
      for host in ["localhost", "127.0.0.1"] {
        let outcome = try await Self.top(["--from", "https://\(host):\(exporter.port)"] + trusted + known)
        #expect(outcome.status == 0, "\(outcome.errors)")
        #expect(TopBlock.blocks(outcome.output).count == 2)
      }
      let address = ["--from", "https://localhost:\(exporter.port)"]
      for (arguments, word) in [
        (known, "--from.ca-file"),
        (known + ["--from.ca-file", "\(authority.folder)/stranger.pem"], "not to be trusted"),
        (trusted, "--from.credentials-file"),
        (
          trusted + ["--from.credentials-file", try authority.tree.write("wrong", "prom:other\n")],
          "user and a password"
        ),
        (trusted + ["--from.credentials-file", try authority.tree.write("broken", "nothing\n")], "user:password"),
        (["--from.ca-file", credentials], "no certificate"),
      ] {
        let outcome = try await Self.top(address + arguments)
        #expect(outcome.status == 1)
        #expect(outcome.error.contains(word), "\(outcome.errors)")
      }
      // the certificate is for localhost
      let other = try await Self.top(["--from", "https://127.0.0.2:\(exporter.port)"] + trusted + known)
      #expect(other.status == 1)
    }
  }
}
