import Exposition
import Fixtures
import Foundation
import Logging
import Testing

@testable import Web

@Suite struct WebConfigurationStateTests {
  private func text(_ state: WebConfigurationState) -> [String] {
    var bytes: [UInt8] = []
    [state.snapshot].encode(as: .prometheus) { bytes += $0 }
    return String(decoding: bytes, as: UTF8.self).split(separator: "\n").map(String.init).filter { !$0.hasPrefix("#") }
  }

  @Test func whatIsWrongIsSaidAndWhatIsInUseStays() async throws {
    let authority = try await Authority()
    let path = try authority.configure("")
    let right = try Data(contentsOf: URL(fileURLWithPath: path))
    let source = try WebConfigurationSource(path: path, logger: Logger(label: "test"))
    let first = source.state
    #expect(first.isInUse)
    let now = Int64(Date().timeIntervalSince1970)
    #expect(abs(first.applied - now) < 60)
    // the authority's certificates are of two days
    let expires = try #require(first.certificateExpires)
    #expect(abs(expires - now - 2 * 86_400) < 60)
    #expect(
      text(first) == [
        "wattprobe_web_config_last_reload_successful 1",
        "wattprobe_web_config_last_reload_success_timestamp_seconds \(first.applied)",
        "wattprobe_web_certificate_expiry_timestamp_seconds \(expires)",
      ])

    try Data("tls_server_config: {cert_fil: x}\n".utf8).write(to: URL(fileURLWithPath: path))
    _ = source.read()
    #expect(!source.state.isInUse)
    #expect(source.state.applied == first.applied)
    #expect(source.state.certificateExpires == expires)
    #expect(text(source.state).first == "wattprobe_web_config_last_reload_successful 0")

    try right.write(to: URL(fileURLWithPath: path))
    _ = source.read()
    #expect(source.state == first)

    try Data("rate_limit: {interval: 1s, burst: 5}\n".utf8).write(to: URL(fileURLWithPath: path))
    _ = source.read()
    #expect(source.state.isInUse)
    #expect(source.state.certificateExpires == nil)
    #expect(text(source.state).count == 2)
  }

  @Test func familiesAreThoseThatAreWritten() async throws {
    let authority = try await Authority()
    let source = try WebConfigurationSource(path: try authority.configure(""), logger: Logger(label: "test"))
    #expect(source.state.snapshot.families == WebConfigurationState.families)
    #expect(Family.problems(in: WebConfigurationState.families) == [])
  }
}
