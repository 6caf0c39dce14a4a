import Glibc

/// A blocking HTTP client that can be as rude as a test needs.
final class Client {
  struct Response {
    var status: Int
    var headers: [String: String]
    var body: [UInt8]

    var text: String { String(decoding: body, as: UTF8.self) }
  }

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  private let descriptor: CInt
  private var unread: [UInt8] = []

  /// - Parameter source: an IPv4 address of this machine to come from; nil: the kernel's choice.
  init(port: Int, host: String = "127.0.0.1", from source: String? = nil) throws {
    var hints = addrinfo()
    hints.ai_socktype = CInt(SOCK_STREAM.rawValue)
    hints.ai_flags = AI_NUMERICHOST
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, "\(port)", &hints, &list) == 0, let address = list?.pointee else {
      throw Failure(description: "cannot resolve \(host)")
    }
    defer { freeaddrinfo(list) }
    descriptor = socket(address.ai_family, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    // Only ends a test that has failed.
    var deadline = timeval(tv_sec: 30, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &deadline, socklen_t(MemoryLayout<timeval>.size))
    if let source {
      var name = sockaddr_in()
      name.sin_family = sa_family_t(AF_INET)
      inet_pton(AF_INET, source, &name.sin_addr)
      let bound = withUnsafePointer(to: &name) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
        }
      }
      guard bound == 0 else { throw Failure(description: "cannot come from \(source)") }
    }
    guard connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
      let code = errno
      close(descriptor)
      throw Failure(description: "cannot connect: \(String(cString: strerror(code)))")
    }
  }

  deinit { close(descriptor) }

  static func request(
    _ target: String, method: String = "GET", version: String = "1.1", headers: [String] = []
  ) -> String {
    ([("\(method) \(target) HTTP/\(version)"), "Host: test"] + headers).joined(separator: "\r\n") + "\r\n\r\n"
  }

  /// false where the server has closed the connection.
  @discardableResult
  func send(_ text: String) -> Bool {
    var rest = Array(text.utf8)[...]
    while !rest.isEmpty {
      let count = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      guard count > 0 else { return false }
      rest = rest.dropFirst(count)
    }
    return true
  }

  func closeOutput() { shutdown(descriptor, CInt(SHUT_WR)) }

  /// Makes closing a reset, as the kernel does for a process that is killed with data unread.
  func reset() {
    var option = Glibc.linger(l_onoff: 1, l_linger: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
  }

  /// Whether something to read has come.
  var hasResponse: Bool {
    var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
    return !unread.isEmpty || poll(&entry, 1, 0) > 0
  }

  /// Reads one response with its body.
  func response(toHead: Bool = false) throws -> Response {
    var status = 0
    var headers: [String: String] = [:]
    while true {
      let line = try line()
      if status == 0 {
        guard line.hasPrefix("HTTP/1."), let code = Int(line.split(separator: " ")[1]) else {
          throw Failure(description: "no status line: \(line)")
        }
        status = code
      } else if line.isEmpty {
        break
      } else {
        let parts = line.split(separator: ":", maxSplits: 1)
        headers[parts[0].lowercased()] = String(parts[1].drop { $0 == " " })
      }
    }
    var body: [UInt8] = []
    if !toHead, status >= 200 {
      guard let length = headers["content-length"].flatMap({ Int($0) }) else {
        throw Failure(description: "no Content-Length")
      }
      while unread.count < length { guard try more() else { throw Failure(description: "truncated body") } }
      body = Array(unread.prefix(length))
      unread.removeFirst(length)
    }
    return Response(status: status, headers: headers, body: body)
  }

  /// Reads until the server has closed; what had come before.
  func rest() throws -> [UInt8] {
    while try more() {}
    defer { unread = [] }
    return unread
  }

  private func line() throws -> String {
    while true {
      if let end = unread.firstIndex(of: UInt8(ascii: "\n")) {
        let line = String(decoding: unread[..<end], as: UTF8.self)
        unread.removeSubrange(...end)
        return line.hasSuffix("\r") ? String(line.dropLast()) : line
      }
      guard try more() else { throw Failure(description: "connection closed before a response") }
    }
  }

  /// false at the end of the connection.
  private func more() throws -> Bool {
    let size = 1 << 16
    let old = unread.count
    unread.append(contentsOf: repeatElement(0, count: size))
    let count = unread.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress! + old, size, 0) }
    let code = errno
    unread.removeLast(size - max(count, 0))
    if count < 0, code != ECONNRESET { throw Failure(description: "recv: \(String(cString: strerror(code)))") }
    return count > 0
  }
}
