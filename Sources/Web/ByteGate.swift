import NIOCore

/// Stands before the decoder: tells the connection of bytes as they come, and keeps those of a refused request from it.
final class ByteGate: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  private let connection: ConnectionHandler
  /// Refused requests may go on for as long as the linger clock allows, but not without end.
  private var bytesLeftToDiscard = 1 << 20

  init(_ connection: ConnectionHandler) {
    self.connection = connection
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    let bytes = unwrapInboundIn(data)
    guard !connection.isLingering else {
      bytesLeftToDiscard -= bytes.readableBytes
      if bytesLeftToDiscard < 0 { context.close(promise: nil) }
      return
    }
    connection.bytesArrived(bytes)
    context.fireChannelRead(data)
  }
}
