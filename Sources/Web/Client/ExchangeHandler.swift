internal import ByteText
internal import Exposition
internal import NIOCore
internal import NIOHTTP1

/// One question and its answer.
final class ExchangeHandler: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart
  typealias OutboundOut = HTTPClientRequestPart

  /// No exporter of a machine has so much to say.
  private static let mostBytes = 64 << 20
  private static let accepted =
    "application/openmetrics-text;version=1.0.0;q=0.9,text/plain;version=0.0.4;q=0.8,*/*;q=0.1"

  private let address: ExporterAddress
  private let authorization: String?
  private let answer: EventLoopPromise<ExporterClient.Answer>
  private var head: HTTPResponseHead?
  private var body: [UInt8] = []

  init(_ address: ExporterAddress, authorization: String?, answer: EventLoopPromise<ExporterClient.Answer>) {
    self.address = address
    self.authorization = authorization
    self.answer = answer
  }

  func channelActive(context: ChannelHandlerContext) {
    var headers: HTTPHeaders = [
      "Host": "\(address.place)", "Accept": Self.accepted, "Connection": "close", "User-Agent": "wattprobe-top",
    ]
    if let authorization { headers.add(name: "Authorization", value: authorization) }
    let head = HTTPRequestHead(version: .http1_1, method: .GET, uri: address.path, headers: headers)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    context.fireChannelActive()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): self.head = head
    case .body(let part):
      guard body.count + part.readableBytes <= Self.mostBytes else {
        return answer.fail(failure("it answers with more than \(Self.mostBytes) bytes", "see what serves there"))
      }
      body += part.readableBytesView
    case .end: finish()
    }
  }

  func channelInactive(context: ChannelHandlerContext) {
    answer.fail(failure("it ended the connection before its answer was complete", "see its log"))
    context.fireChannelInactive()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) { answer.fail(error) }

  private func failure(_ cause: String, _ cure: String) -> ExporterClientError {
    ExporterClientError("no metrics from \(address): \(cause)", cure: cure)
  }

  private func finish() {
    guard let head else { return }
    switch head.status {
    case .ok: break
    case .unauthorized:
      return answer.fail(failure("it asks for a user and a password", "give them by --from.credentials-file"))
    case let status:
      return answer.fail(
        failure(
          "it answers \(status.code) \(status.reasonPhrase.printable())", "see that the path is that of its metrics"))
    }
    let type = (head.headers.first(name: "Content-Type") ?? "").utf8
    if type.starts(with: "application/openmetrics-text".utf8) {
      answer.succeed(.init(body: body, format: .openMetrics))
    } else if type.starts(with: "text/plain".utf8) {
      answer.succeed(.init(body: body, format: .prometheus))
    } else {
      answer.fail(failure("what it answers are no metrics", "see that the path is that of its metrics"))
    }
  }
}
