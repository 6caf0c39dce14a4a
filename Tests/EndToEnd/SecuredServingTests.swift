import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite struct SecuredServingTests {
    /// Of "secret", at the cost that tools give it by default.
    static let hash = "$2y$10$abcdefghijklmnopqrstuuqflPDzB6gcMhKa1rZqKiun2YGL5sa2u"

    /// With a Prometheus' own certificate `prometheus`, all readable by whomever the exporter becomes.
    private static func authority() async throws -> Authority {
      let authority = try await Authority()
      try await authority.sign("prometheus", names: "DNS:prometheus.example")
      try await authority.run("chmod 644 *.key && chmod 755 .")
      return authority
    }

    private static func file(_ authority: Authority) throws -> String {
      try authority.configure(
        """
        client_auth_type: RequireAndVerifyClientCert
        client_ca_file: ca.pem
        client_allowed_sans: [prometheus.example]
        min_version: TLS13
        """, after: "basic_auth_users:\n  prom: \(hash)")
    }

    private static func access(_ folder: String, password: String = "secret", isKnown: Bool = true) -> [String] {
      let certificate = isKnown ? ", cert_file: \(folder)/prometheus.pem, key_file: \(folder)/prometheus.key" : ""
      return [
        "scheme: https",
        "tls_config: {ca_file: \(folder)/ca.pem, server_name: localhost\(certificate)}",
        "basic_auth: {username: prom, password: \(password)}",
      ]
    }

    @Test func prometheusScrapesByCertificateAndPassword() async throws {
      let authority = try await Self.authority()
      let exporter = try await Exporter(["--web.config.file", Self.file(authority)])
      let prometheus = try await PrometheusServer(scraping: exporter.port, access: Self.access(authority.folder))
      try await eventually("a scrape") { try prometheus.hasData(#"up{job="wattprobe"} == 1"#) ? () : nil }
      #expect(try prometheus.hasData("wattprobe_build_info"))
      #expect(try prometheus.hasData("wattprobe_web_config_last_reload_successful == 1"))
      #expect(try prometheus.hasData("wattprobe_web_certificate_expiry_timestamp_seconds > time() + 86400"))

      // a renewed certificate of the server reaches a Prometheus that has a connection already
      try await authority.sign("server", names: "DNS:localhost", usage: "serverAuth")
      try await authority.run("chmod 644 server.key")
      let before = try await eventually("a scrape") { try prometheus.value("sum(timestamp(wattprobe_build_info))") }
      try await eventually("scrapes after the renewal") {
        let time = try prometheus.value("sum(timestamp(wattprobe_build_info))") ?? 0
        return time > before + 3 ? () : nil
      }
      #expect(try prometheus.value(#"min_over_time(up{job="wattprobe"}[3s])"#) == 1)
      #expect(exporter.program.errors.contains("web configuration changed"))

      // who is removed from the file gets nothing more, though the connection is open
      try authority.configure(
        "client_auth_type: RequireAndVerifyClientCert\nclient_ca_file: ca.pem",
        after: "basic_auth_users:\n  other: \(Self.hash)")
      try await eventually("refusals") { try prometheus.hasData(#"up{job="wattprobe"} == 0"#) ? () : nil }
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }

    @Test(arguments: [("wrong", true), ("secret", false)])
    func prometheusWithoutOneOfThemGetsNothing(password: String, isKnown: Bool) async throws {
      let authority = try await Self.authority()
      let exporter = try await Exporter(["--web.config.file", Self.file(authority)])
      let prometheus = try await PrometheusServer(
        scraping: exporter.port, access: Self.access(authority.folder, password: password, isKnown: isKnown))
      try await eventually("a scrape that failed") { try prometheus.hasData(#"up{job="wattprobe"} == 0"#) ? () : nil }
      #expect(try !prometheus.hasData("wattprobe_build_info"))
      try await prometheus.stop()
      #expect(try await exporter.stop().status == 0)
    }

    @Test func wrongFileKeepsItFromStarting() async throws {
      let tree = try TemporaryTree()
      let file = try tree.write("web.yml", "rate_limit:\n  intervall: 1s\n")
      let outcome = try await Executable.run(
        Executable.wattprobe, ["--web.listen-address", "127.0.0.1:0", "--web.config.file", file])
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("\(file):2: unknown key \"intervall\" in rate_limit"), "\(outcome.errors)")
      #expect(outcome.error.contains("wattprobe check-web-config \(file)"), "\(outcome.errors)")
    }

    /// What root can read and the user that it becomes cannot would be found out as the file changes.
    @Test(.enabled(if: getuid() == 0)) func fileThatOnlyRootCanReadKeepsItFromStarting() async throws {
      let authority = try await Authority()
      let file = try authority.configure()
      try await authority.run("chmod 755 . && chmod 600 server.key")
      let outcome = try await Executable.run(
        Executable.wattprobe, ["--web.listen-address", "127.0.0.1:0", "--user", "nobody", "--web.config.file", file])
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("web.yml:3: key_file "), "\(outcome.errors)")
      #expect(outcome.error.contains("has to be able to read it"), "\(outcome.errors)")
    }

    @Test func filesAreCheckedWithoutServing() async throws {
      let authority = try await Authority()
      let good = try authority.configure()
      let outcome = try await Executable.run(Executable.wattprobe, ["check-web-config", good])
      #expect(outcome.status == 0)
      #expect(outcome.output == "\(good): can be used\n")
      #expect(outcome.errors.isEmpty)

      let doubtful = try authority.tree.write("doubtful.yml", "rate_limit:\n  burst: 1\n")
      let bad = try authority.tree.write(
        "bad.yml", "tls_server_config:\n  cert_file: server.key\n  key_file: server.key\n")
      let both = try await Executable.run(
        Executable.wattprobe, ["check-web-config", doubtful, bad, "/nowhere/web.yml"])
      #expect(both.status == 1)
      #expect(both.output == "\(doubtful): can be used\n")
      let lines = both.errors.split(separator: "\n").map(String.init)
      #expect(lines.first == "\(doubtful):2: burst without interval limits nothing (warning)")
      #expect(lines.contains { $0.hasPrefix("\(bad):2: cert_file ") && $0.hasSuffix("there is no certificate in it") })
      #expect(lines.last == "/nowhere/web.yml: No such file or directory")
    }

    /// The example, with certificates of the test's own where it expects them.
    @Test func exampleCanBeUsed() async throws {
      let authority = try await Authority()
      let example = try Document("examples/web/web.yml").text
      try await authority.run(
        "mkdir -p tls && cp server.pem tls/server.pem && cp server.key tls/server.key && cp ca.pem tls/clients.pem")
      let file = try authority.tree.write("web.yml", example)
      let outcome = try await Executable.run(Executable.wattprobe, ["check-web-config", file])
      #expect(outcome.status == 0 && outcome.errors.isEmpty, "\(outcome.errors)")
      // each key that is commented out as well
      let all = example.replacing(/(?m)^( *)# ([A-Za-z_-]+:|- )/) { "\($0.1)\($0.2)" }
      #expect(all != example)
      try authority.tree.write("web.yml", all)
      let whole = try await Executable.run(Executable.wattprobe, ["check-web-config", file])
      #expect(whole.status == 0 && whole.errors.isEmpty, "\(whole.errors)")
    }
  }
}
