/// A client as Prometheus is one: asks for all metrics with the right login, and takes the answer as it comes.
package final class Scraper {
  package struct Failure: Error, CustomStringConvertible {
    package let description: String
  }

  private let target: Target
  private let keeps: Bool
  private var peer: Peer?
  /// How often a connection that had been kept was closed: the request is sent once more, as clients do.
  package private(set) var reconnections = 0

  /// - Parameter keeps: whether one connection serves for all scrapes.
  package init(_ target: Target, keeps: Bool) {
    self.target = target
    self.keeps = keeps
  }

  /// One scrape, of OpenMetrics text. Throws where there is no whole, right answer within the time that Prometheus gives.
  ///
  /// - Returns: the time it took in seconds.
  @discardableResult
  package func scrape() throws -> Double {
    let clock = ContinuousClock()
    let start = clock.now
    let response = try ask(until: start + .seconds(10))
    let time = start.duration(to: clock.now)
    guard response.starts(with: Array("HTTP/1.1 200 ".utf8)), response.suffix(6).elementsEqual("# EOF\n".utf8) else {
      throw Failure(description: "not a scrape: \(String(decoding: response.prefix(400), as: UTF8.self))")
    }
    if !keeps { peer = nil }
    return Double(time.components.seconds) + Double(time.components.attoseconds) / 1e18
  }

  private func ask(until deadline: ContinuousClock.Instant) throws -> [UInt8] {
    let request = target.request("/metrics", fields: ["Accept: application/openmetrics-text;version=1.0.0"])
    while ContinuousClock().now < deadline {
      let isKept = peer != nil
      guard let peer = self.peer ?? Peer(target, isSecured: target.isSecured) else { continue }
      self.peer = peer
      peer.send(request)
      while ContinuousClock().now < deadline, !peer.isClosed {
        peer.wait(milliseconds: 100)
        peer.pump(most: 1 << 18)
        guard let length = Self.length(of: peer.received) else { continue }
        defer { peer.forget() }
        guard peer.received.count == length else { throw Failure(description: "more than one response") }
        return peer.received
      }
      self.peer = nil
      guard isKept, peer.received.isEmpty else { break }
      reconnections += 1
    }
    throw Failure(description: "closed, or no answer in time")
  }

  /// Of a response that is there as a whole, with its head; nil where there is more to come.
  private static func length(of response: [UInt8]) -> Int? {
    let head = Array("\r\n\r\n".utf8)
    guard let end = response.indices.first(where: { response[$0...].starts(with: head) }) else { return nil }
    let lines = String(decoding: response[..<end], as: UTF8.self).lowercased().split(separator: "\r\n")
    let field = lines.first { $0.hasPrefix("content-length:") }
    guard let count = field.flatMap({ Int($0.split(separator: " ").last ?? "") }) else { return nil }
    return response.count < end + 4 + count ? nil : end + 4 + count
  }
}
