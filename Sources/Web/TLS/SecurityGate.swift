import Logging
import NIOCore
import NIOSSL
import NIOTLS

/// Stands before all others where there is a web configuration file: with the first bytes it asks whether connections are
/// to be secured, and puts TLS behind itself if so.
final class SecurityGate: ChannelDuplexHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer
  typealias OutboundIn = ByteBuffer
  typealias OutboundOut = ByteBuffer

  private enum State {
    case awaitingBytes
    /// Nothing more is read meanwhile.
    case asking
    case decided
  }

  private let settings: LiveSettings
  private let connection: ConnectionHandler
  private let logger: Logger
  private var state = State.awaitingBytes
  private var context: ChannelHandlerContext?
  private var bytes = ByteBuffer()
  private var isReadHeldBack = false
  private var isInputClosed = false

  init(_ settings: LiveSettings, _ connection: ConnectionHandler, logger: Logger) {
    self.settings = settings
    self.connection = connection
    self.logger = logger
  }

  /// Closes without the farewell of TLS, which waits for the client's.
  func close() { context?.close(promise: nil) }

  func handlerAdded(context: ChannelHandlerContext) { self.context = context }
  func handlerRemoved(context: ChannelHandlerContext) { self.context = nil }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    connection.hasSpoken()
    guard state != .decided else { return context.fireChannelRead(data) }
    var more = unwrapInboundIn(data)
    bytes.writeBuffer(&more)
    guard state == .awaitingBytes, bytes.readableBytes > 0 else { return }
    state = .asking
    settings.current { self.decide($0) }
  }

  func read(context: ChannelHandlerContext) {
    if state == .asking { isReadHeldBack = true } else { context.read() }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed = event else { return context.fireUserInboundEventTriggered(event) }
    if state == .asking {
      isInputClosed = true
    } else if connection.isClosed {
      // TLS has said farewell, and would wait for an answer that does not come any more
      close()
    } else {
      context.fireUserInboundEventTriggered(event)
    }
  }

  private func decide(_ settings: WebSettings) {
    state = .decided
    guard let context, context.channel.isActive else { return }
    connection.decided(tlsNumber: settings.tlsNumber, isSecured: settings.tls != nil)
    if let tls = settings.tls {
      if Self.isHTTP(bytes) {
        connection.refusePlainHTTP()
        bytes.clear()
      } else {
        do { try secure(context, tls) } catch { return close() }
      }
    }
    if bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    bytes = ByteBuffer()
    context.fireChannelReadComplete()
    if isInputClosed { context.fireUserInboundEventTriggered(ChannelEvent.inputClosed) }
    if isReadHeldBack { context.read() }
  }

  private func secure(_ context: ChannelHandlerContext, _ identity: TLSIdentity) throws {
    let tls: NIOSSLServerHandler
    if identity.authentication.verifies || identity.authentication == .none {
      tls = NIOSSLServerHandler(context: identity.context)
    } else {
      // whoever made the certificate
      tls = NIOSSLServerHandler(
        context: identity.context, customVerificationCallback: { _, promise in promise.succeed(.certificateVerified) },
        configuration: .init())
    }
    let names = ClientNameGate(identity, tls, self, logger: logger)
    try context.pipeline.syncOperations.addHandlers([tls, names], position: .after(self))
  }

  /// A record of TLS that begins a connection has the type 22; methods are capital letters.
  private static func isHTTP(_ bytes: ByteBuffer) -> Bool {
    bytes.getInteger(at: bytes.readerIndex, as: UInt8.self).map {
      (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains($0)
    } ?? false
  }
}

/// Stands behind TLS: lets nothing through of a client whose certificate has none of the names that are asked for.
private final class ClientNameGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let identity: TLSIdentity
  private let tls: NIOSSLServerHandler
  private let gate: SecurityGate
  private let logger: Logger
  private var isAccepted = false

  init(_ identity: TLSIdentity, _ tls: NIOSSLServerHandler, _ gate: SecurityGate, logger: Logger) {
    self.identity = identity
    self.tls = tls
    self.gate = gate
    self.logger = logger
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case TLSUserEvent.handshakeCompleted = event {
      isAccepted = identity.accepts(tls.peerCertificate)
      if !isAccepted {
        logger.debug("client refused: its certificate has none of client_allowed_sans")
        gate.close()
      }
    }
    context.fireUserInboundEventTriggered(event)
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    if isAccepted { context.fireChannelRead(data) }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    if !isAccepted { logger.debug("TLS handshake failed", metadata: ["cause": "\(error)"]) }
    context.fireErrorCaught(error)
  }
}
