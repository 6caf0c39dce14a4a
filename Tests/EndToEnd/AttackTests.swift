import Attacks
import Fixtures
import Glibc
import Testing

extension EndToEnd {
  /// Every attack on an exporter, while a client scrapes it that means well: over a connection that it keeps, and over new ones.
  @Suite(.serialized) struct AttackTests {
    /// As docs/web.md says, in kilobytes.
    private static let mostMemory = 100 << 10

    init() {
      // 10,000 connections are 10,000 files
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 20_000))
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    }

    @Test(arguments: Attack.allCases)
    func scrapesSucceedMeanwhile(attack: Attack) async throws {
      let exporter = try await Exporter()
      try await expectScrapes(of: exporter, Target(port: exporter.port), attack)
    }

    @Test(arguments: Attack.allCases)
    func scrapesOverTLSWithAPasswordSucceedMeanwhile(attack: Attack) async throws {
      let authority = try await Authority()
      try await authority.run("chmod 644 *.key && chmod 755 .")
      let file = try authority.configure("", after: "basic_auth_users:\n  prom: \(SecuredServingTests.hash)")
      let exporter = try await Exporter(["--web.config.file", file])
      try await expectScrapes(
        of: exporter, Target(port: exporter.port, isSecured: true, login: ("prom", "secret")), attack)
    }

    private func expectScrapes(of exporter: Exporter, _ target: Target, _ attack: Attack) async throws {
      guard attack.concerns(target) else { return #expect(try await exporter.stop().status == 0) }
      let kept = Scraper(target, keeps: true)
      try kept.scrape()
      let assault = Assault(attack, on: target)
      try await eventually("the attack") { assault.counts.connections > 0 ? () : nil }
      for _ in 0..<8 {
        usleep(100_000)
        #expect(throws: Never.self, "\(attack.rawValue)") { try kept.scrape() }
        // in a flood of connections a new one may be closed before it was heard: a second one is not
        let new = Scraper(target, keeps: false)
        #expect(throws: Never.self, "\(attack.rawValue)") {
          do { try new.scrape() } catch { try new.scrape() }
        }
      }
      #expect(assault.end().connections > 0)
      let peak = ProcessTree.field("VmHWM", of: "/proc/\(exporter.program.pid)/status")
      let kilobytes = try #require(peak?.split(separator: " ").first.flatMap { Int($0) })
      #expect(kilobytes <= Self.mostMemory, "\(attack.rawValue)")
      #expect(try await exporter.stop().status == 0)
    }
  }
}
