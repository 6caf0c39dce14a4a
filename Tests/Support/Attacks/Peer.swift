internal import Glibc
internal import NIOCore
internal import NIOEmbedded
internal import NIOSSL

/// One client's connection, over TLS or not, that never waits. Used by one thread.
final class Peer {
  private let descriptor: CInt
  private var channel: EmbeddedChannel?
  /// For the socket, which has not taken it yet.
  private var outgoing: [UInt8] = []
  private(set) var received: [UInt8] = []
  private(set) var isClosed = false
  /// How often its owner has had a turn with it.
  var turn = 0

  /// nil where there is no connection to be had at the moment.
  ///
  /// - Parameters:
  ///   - address: the client's, of 127.0.0.0/8, as a number.
  ///   - bufferBytes: of the receive buffer; nil: the kernel's choice.
  init?(_ target: Target, from address: UInt32 = INADDR_LOOPBACK, bufferBytes: CInt? = nil, isSecured: Bool) {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    self.descriptor = descriptor
    if var size = bufferBytes {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }
    if address != INADDR_LOOPBACK {
      // the port is chosen at connect(), so that ports are needed once for each client, not once for all
      var one: CInt = 1
      setsockopt(descriptor, CInt(IPPROTO_IP), IP_BIND_ADDRESS_NO_PORT, &one, socklen_t(MemoryLayout<CInt>.size))
      guard Self.withAddress(address, port: 0, { bind(descriptor, $0, $1) }) == 0 else { return nil }
    }
    _ = fcntl(descriptor, F_SETFL, fcntl(descriptor, F_GETFL) | O_NONBLOCK)
    let result = Self.withAddress(INADDR_LOOPBACK, port: target.port) { connect(descriptor, $0, $1) }
    guard result == 0 || errno == EINPROGRESS else { return nil }
    if isSecured { secure() }
  }

  deinit {
    if let channel {
      channel.close(promise: nil)
      // nobody says farewell to it: the handler waits for that in the time of a loop that has none of its own
      channel.embeddedEventLoop.advanceTime(by: .minutes(1))
      _ = try? channel.finish(acceptAlreadyClosed: true)
    }
    close(descriptor)
  }

  private static func withAddress(
    _ address: UInt32, port: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt
  ) -> CInt {
    var name = sockaddr_in()
    name.sin_family = sa_family_t(AF_INET)
    name.sin_port = port.bigEndian
    name.sin_addr.s_addr = address.bigEndian
    return withUnsafePointer(to: &name) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { body($0, socklen_t(MemoryLayout<sockaddr_in>.size)) }
    }
  }

  /// Of all clients: whoever the server is, it is the one that was started for this.
  private static let context: NIOSSLContext = {
    var configuration = TLSConfiguration.makeClientConfiguration()
    configuration.certificateVerification = .none
    // Nothing in it can be wrong.
    return try! NIOSSLContext(configuration: configuration)
  }()

  private func secure() {
    let channel = EmbeddedChannel()
    // A host name that is a name, and a channel that is new, are all that these ask for.
    let handler = try! NIOSSLClientHandler(context: Self.context, serverHostname: "localhost")
    try! channel.pipeline.syncOperations.addHandler(handler)
    channel.connect(to: try! SocketAddress(ipAddress: "127.0.0.1", port: 1), promise: nil)
    self.channel = channel
  }

  /// Whether everything that was sent is with the kernel.
  var hasSent: Bool { outgoing.isEmpty }

  /// Sends as soon as it can.
  func send(_ bytes: [UInt8]) {
    if let channel {
      channel.writeAndFlush(ByteBuffer(bytes: bytes), promise: nil)
    } else {
      outgoing += bytes
    }
    push()
  }

  /// Lets go of what was received.
  func forget() { received.removeAll(keepingCapacity: true) }

  /// Takes what has come, at most so many bytes of it as they are on the wire, and gives what is to go.
  func pump(most: Int = 1 << 16) {
    var buffer = [UInt8](repeating: 0, count: most)
    let count = recv(descriptor, &buffer, most, 0)
    if count == 0 || (count < 0 && errno != EAGAIN && errno != ENOTCONN) { isClosed = true }
    if count > 0 { take(buffer[..<count]) }
    push()
  }

  private func take(_ bytes: ArraySlice<UInt8>) {
    guard let channel else {
      received += bytes
      return
    }
    do {
      try channel.writeInbound(ByteBuffer(bytes: bytes))
      while var text = try channel.readInbound(as: ByteBuffer.self) {
        received += text.readBytes(length: text.readableBytes) ?? []
      }
    } catch {
      isClosed = true
    }
  }

  private func push() {
    while let channel, var bytes = try? channel.readOutbound(as: ByteBuffer.self) {
      outgoing += bytes.readBytes(length: bytes.readableBytes) ?? []
    }
    guard !outgoing.isEmpty, !isClosed else { return }
    let count = outgoing.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
    if count > 0 { outgoing.removeFirst(count) }
    if count < 0, errno != EAGAIN, errno != ENOTCONN, errno != EINPROGRESS { isClosed = true }
  }

  /// Waits until something has come or can go, for so long at most.
  func wait(milliseconds: CInt) {
    let events = outgoing.isEmpty ? POLLIN : POLLIN | POLLOUT
    var entry = pollfd(fd: descriptor, events: Int16(events), revents: 0)
    poll(&entry, 1, milliseconds)
  }
}
