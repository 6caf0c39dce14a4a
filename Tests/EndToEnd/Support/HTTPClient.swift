import Foundation
import Glibc

struct HTTPResponse {
  let status: Int
  let head: String
  let body: String
}

/// One request on one connection to a loopback port, in two steps, so that a test can dawdle between them.
final class HTTPClient {
  private let descriptor: Int32

  struct Failure: Error, CustomStringConvertible {
    let description: String
  }

  init(port: UInt16) throws {
    descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    guard result == 0 else { throw Failure(description: "cannot connect to port \(port): errno \(errno)") }
  }

  deinit { close(descriptor) }

  func get(_ path: String, accept: String) throws -> HTTPResponse {
    // 1.0: no chunks, and the connection closes
    send("GET \(path) HTTP/1.0\r\nHost: localhost\r\nAccept: \(accept)\r\n\r\n")
    return try receive()
  }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
  }

  /// Returns once the response has begun.
  func waitForFirstByte() throws {
    var byte: UInt8 = 0
    guard recv(descriptor, &byte, 1, Int32(MSG_PEEK)) == 1 else {
      throw Failure(description: "no response: errno \(errno)")
    }
  }

  /// Reads until the other side closes.
  func receive() throws -> HTTPResponse {
    var received: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = recv(descriptor, &buffer, buffer.count, 0)
      if count < 0 { throw Failure(description: "no response: errno \(errno)") }
      if count == 0 { break }
      received += buffer[..<count]
    }
    let text = String(decoding: received, as: UTF8.self)
    guard let split = text.range(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
      throw Failure(description: "no HTTP response: \(text.prefix(80))")
    }
    return HTTPResponse(
      status: status, head: String(text[..<split.lowerBound]), body: String(text[split.upperBound...]))
  }
}
