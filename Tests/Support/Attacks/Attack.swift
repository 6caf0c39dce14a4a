internal import Glibc

/// What clients do that are up to no good.
package enum Attack: String, Sendable, CaseIterable {
  case slowHeaders = "headers that drip in"
  case slowReads = "responses that are taken byte by byte"
  case idle = "10,000 idle connections"
  case idleFromMany = "10,000 idle connections, each from another address"
  case idleSecured = "1,000 connections that have asked for something once"
  case headerFloods = "headers without end"
  case smuggling = "requests that two servers would understand in two ways"
  case pipelining = "requests without waiting for answers"
  case bodies = "bodies of requests that have none"
  case garbage = "bytes that are no TLS and no HTTP"
  case handshakes = "TLS handshakes at speed"
  case wrongPasswords = "wrong passwords at speed"
  case wrongPasswordsFromMany = "wrong passwords at speed, from many addresses"
  case unread = "responses that nobody reads"
  case selections = "scrapes at speed, each of other collectors"

  /// Whether there is something to attack.
  package func concerns(_ target: Target) -> Bool {
    switch self {
    case .handshakes: target.isSecured
    case .wrongPasswords, .wrongPasswordsFromMany: target.login != nil
    default: true
    }
  }

  /// Connections open at a time.
  var connections: Int {
    switch self {
    case .idle, .idleFromMany: 10_000
    case .idleSecured: 1_000
    case .unread: 400
    case .slowHeaders, .slowReads, .handshakes, .wrongPasswords, .wrongPasswordsFromMany: 200
    case .headerFloods, .smuggling, .pipelining, .bodies, .garbage, .selections: 50
    }
  }

  /// Whether it gets as far as TLS, where there is TLS.
  var speaksTLS: Bool {
    switch self {
    case .idle, .idleFromMany, .garbage: false
    default: true
    }
  }

  /// Of the client of this number: one for all, or one each.
  func address(_ number: Int) -> UInt32 {
    switch self {
    case .idleFromMany, .wrongPasswordsFromMany: INADDR_LOOPBACK + 1 + UInt32(number)
    default: INADDR_LOOPBACK + 1
    }
  }

  /// Of the receive buffer of those who read slowly or not at all.
  var bufferBytes: CInt? { self == .slowReads || self == .unread ? 2048 : nil }

  /// Microseconds between two turns of all connections.
  var pause: UInt32 {
    switch self {
    case .slowHeaders, .slowReads, .idle, .idleFromMany, .idleSecured, .unread: 50_000
    default: 1_000
    }
  }

  /// What is read of the wire at a turn; 0: nothing.
  var readBytes: Int {
    switch self {
    case .slowReads: 1
    case .unread: 0
    default: 1 << 16
    }
  }

  /// One turn of one connection. False once it is done with, and another one takes its place.
  func act(_ peer: Peer, _ target: Target, random: inout UInt64) -> Bool {
    let isFirst = peer.turn == 0
    let hasAnswer = !peer.received.isEmpty
    switch self {
    case .slowHeaders:
      peer.send(Array(isFirst ? "GET /metrics HTTP/1.1\r\nHost: localhost\r\nA: ".utf8 : "x".utf8))
      return true
    case .slowReads:
      if isFirst { peer.send(target.request("/metrics")) }
      peer.forget()
      return true
    case .idle, .idleFromMany:
      return true
    case .idleSecured:
      if isFirst { peer.send(target.request("/-/healthy")) }
      return true
    case .headerFloods:
      if isFirst { peer.send(Array("GET / HTTP/1.1\r\nHost: localhost\r\n".utf8)) }
      if peer.hasSent { peer.send(Self.header(random % 3)) }
      return true
    case .smuggling, .bodies, .garbage:
      let texts = self == .smuggling ? Self.ambiguous : self == .bodies ? Self.withBodies : Self.nonsense
      if isFirst { peer.send(texts[Int(random % UInt64(texts.count))]) }
      return !hasAnswer
    case .pipelining:
      peer.forget()
      if peer.hasSent { for _ in 0..<20 { peer.send(target.request("/-/healthy")) } }
      return true
    case .handshakes:
      if isFirst { peer.send(target.request("/-/healthy")) }
      return !hasAnswer
    case .wrongPasswords, .wrongPasswordsFromMany:
      if isFirst || hasAnswer { peer.send(target.request("/metrics", password: "guess \(random)")) }
      peer.forget()
      return true
    case .unread:
      if peer.hasSent { peer.send(target.request("/metrics")) }
      return true
    case .selections:
      if isFirst || hasAnswer {
        let names = ["cpu", "sched", "process", "signals", "exits", "faults", "irq", "net"]
        let query = names.indices.filter { random >> $0 & 1 == 1 }.map { "collect[]=\(names[$0])" }
        peer.send(target.request("/metrics?" + query.joined(separator: "&")))
      }
      peer.forget()
      return true
    }
  }

  private static func header(_ kind: UInt64) -> [UInt8] {
    switch kind {
    case 0: Array(repeating: UInt8(ascii: "x"), count: 4096)
    case 1: Array(String(repeating: "A: b\r\n", count: 500).utf8)
    default: Array("B: \(String(repeating: "y", count: 2000))\r\n".utf8)
    }
  }

  private static let ambiguous = [
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nA: b\r\n Content-Length: 5\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
    "GET / HTTP/1.1\nHost: x\n\nGET /smuggled HTTP/1.1\r\nHost: x\r\n\r\n",
    "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: +5\r\n\r\nhello",
  ].map { Array($0.utf8) }

  private static let withBodies = [
    "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 4096\r\n\r\n" + String(repeating: "x", count: 4096),
    "GET /metrics HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000000\r\n\r\n" + String(repeating: "x", count: 1 << 18),
    "GET /metrics HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 4096\r\n\r\n",
    "GET /metrics HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n"
      + String(repeating: "400\r\n" + String(repeating: "x", count: 1024) + "\r\n", count: 256),
  ].map { Array($0.utf8) }

  private static let nonsense: [[UInt8]] = [
    Array(repeating: 0xff, count: 1 << 16),
    // a record of TLS that is longer than the longest, one that ends early, one of nothing, an alert, a hello of zeroes
    [0x16, 3, 1, 0xff, 0xff] + Array(repeating: 0, count: 1 << 16),
    [0x16, 3, 1, 0x40, 0],
    Array(repeating: [0x16, 3, 1, 0, 0], count: 1000).flatMap { $0 },
    [0x15, 3, 1, 0, 2, 2, 40],
    [0x16, 3, 1, 0, 100, 1, 0, 0, 96] + Array(repeating: 0, count: 96),
    Array("GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n".utf8),
    Array("SSH-2.0-OpenSSH_9.2p1\r\n".utf8),
  ]
}
