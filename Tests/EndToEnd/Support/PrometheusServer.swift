import Fixtures
import Foundation
import Glibc

/// A real Prometheus that scrapes one exporter.
final class PrometheusServer {
  private let folder: TemporaryTree
  private let program: RunningProgram
  private let port: UInt16

  /// - Parameters:
  ///   - access: further keys of the scrape configuration, a line each.
  ///   - newer: the path of another Prometheus than the distribution's.
  ///   - features: what is switched on of it.
  ///   - rules: paths of rule files, evaluated as often as it scrapes.
  init(
    scraping target: UInt16, everySeconds interval: Int = 1, access: [String] = [], newer: String? = nil,
    features: [String] = [], rules: [String] = []
  ) async throws {
    let path = try newer ?? Executable.tool("/usr/bin/prometheus", package: "prometheus")
    folder = try TemporaryTree()
    let configuration = try folder.write(
      "prometheus.yml",
      """
      global: {scrape_interval: \(interval)s, scrape_timeout: \(interval)s, evaluation_interval: \(interval)s}
      rule_files: [\(rules.map { "\"\($0)\"" }.joined(separator: ", "))]
      scrape_configs:
        - job_name: wattprobe
          static_configs: [{targets: ["127.0.0.1:\(target)"]}]
      \(access.map { "    \($0)" }.joined(separator: "\n"))
      """)
    port = try Self.freePort()
    program = try RunningProgram(
      path,
      [
        "--config.file=\(configuration)", "--storage.tsdb.path=\(folder.root)/data",
        "--web.listen-address=127.0.0.1:\(port)", "--log.level=warn",
      ] + features.map { "--enable-feature=" + $0 })
    let port = port
    let program = program
    try await eventually("Prometheus to be ready") {
      if !program.isRunning { throw Executable.Missing(description: "Prometheus ended: \(program.errors)") }
      return (try? HTTPClient(port: port).get("/-/ready", accept: "*/*"))?.status == 200 ? () : nil
    }
  }

  func stop() async throws {
    program.signal(SIGTERM)
    _ = try await program.outcome()
  }

  enum Answer {
    /// As many series.
    case series(Int)
    case refused(String)
  }

  /// Evaluates an expression now.
  func query(_ expression: String) throws -> Answer {
    let (answer, text) = try ask(expression)
    guard answer.status == "success" else { return .refused(answer.error ?? text) }
    return .series(answer.data?.result.count ?? 0)
  }

  /// The value of the one series that an expression yields now; nil where it yields none.
  func value(_ expression: String) throws -> Double? {
    let (answer, text) = try ask(expression)
    guard answer.status == "success" else { throw HTTPClient.Failure(description: "\(expression): \(text)") }
    return answer.data?.result.first.flatMap { Double($0.value.text) }
  }

  private func ask(_ expression: String) throws -> (answer: Body, text: String) {
    let allowed = CharacterSet.alphanumerics
    let text = expression.addingPercentEncoding(withAllowedCharacters: allowed) ?? ""
    let body = try get("/api/v1/query?query=\(text)")
    return (try JSONDecoder().decode(Body.self, from: body), String(decoding: body, as: UTF8.self))
  }

  /// The answer to a request of its HTTP API.
  func get(_ path: String) throws -> Data {
    Data(try HTTPClient(port: port).get(path, accept: "application/json").body.utf8)
  }

  /// Whether an expression yields series.
  func hasData(_ expression: String) throws -> Bool {
    if case .series(let count) = try query(expression) { count > 0 } else { false }
  }

  private struct Body: Decodable {
    struct Payload: Decodable { let result: [Series] }
    struct Series: Decodable { let value: Point }
    /// `[seconds, "text"]`
    struct Point: Decodable {
      let text: String

      init(from decoder: any Decoder) throws {
        var pair = try decoder.unkeyedContainer()
        _ = try pair.decode(Double.self)
        text = try pair.decode(String.self)
      }
    }
    let status: String
    let error: String?
    let data: Payload?
  }

  /// A port nobody has now.
  private static func freePort() throws -> UInt16 {
    let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let isBound = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, length) == 0 && getsockname(descriptor, $0, &length) == 0
      }
    }
    guard isBound else { throw HTTPClient.Failure(description: "no free port: errno \(errno)") }
    return UInt16(bigEndian: address.sin_port)
  }
}
