import Logging
import NIOCore
import NIOHTTP1

/// What all connections share. Lives on the event loop.
struct ServerContext {
  let router: Router
  /// nil: everybody is let in, without TLS.
  let admission: Admission?
  let scrapes: ScrapeQueue
  let connections: Connections
  let turns: Turns
  let configuration: WebConfiguration
  let logger: Logger
}

/// Carries out what `ConnectionState` decides: reads, answers, keeps time.
final class ConnectionHandler: ChannelDuplexHandler {
  typealias InboundIn = HTTPServerRequestPart
  typealias InboundOut = Never
  typealias OutboundIn = Never
  typealias OutboundOut = HTTPServerResponsePart

  private let server: ServerContext
  private var state: ConnectionState
  private var context: ChannelHandlerContext?
  private var clock: (kind: Clock, task: Scheduled<Void>)?
  private var ticket: ScrapeQueue.Ticket?
  private var hasRequestLine = false
  private var isReadHeldBack = false
  private var isWorking = false
  /// Whether a request was answered in this turn: one that came with it is not at once.
  private var hasAnswered = false
  /// Whether its turn is yet to come.
  private var isWaiting = false
  private var tlsNumber: UInt64?
  private var isSecured = false
  /// Stands before TLS.
  weak var gate: SecurityGate?
  /// Whose it is.
  private(set) var client = ClientAddress.local
  private(set) var standing = ClientStanding.silent
  private(set) var lastActivity = NIODeadline.now()

  init(_ server: ServerContext) {
    self.server = server
    self.state = ConnectionState(limits: server.configuration.limits)
  }

  /// Whether no request is in hand, so that closing costs the client little.
  var isDispensable: Bool { state.phase != .answering }
  var isLingering: Bool { state.phase == .lingering }
  /// Whether nothing more is said, but for the farewell of TLS.
  var isClosed: Bool { state.phase == .closed }

  /// At once, whatever the client is doing.
  func close() {
    if let gate { gate.close() } else { context?.close(promise: nil) }
  }

  /// The connection is plain or secured from here on, as settings of this number ask.
  func decided(tlsNumber: UInt64, isSecured: Bool) {
    self.tlsNumber = tlsNumber
    self.isSecured = isSecured
  }

  /// What came is HTTP where TLS was expected.
  func refusePlainHTTP() {
    state.received(.failure(.notSecured))
    work()
  }

  /// No further requests.
  func quiesce() {
    if let action = state.quiesce() { perform(action) }
  }

  // MARK: Channel events

  func handlerAdded(context: ChannelHandlerContext) {
    self.context = context
  }

  func handlerRemoved(context: ChannelHandlerContext) {
    self.context = nil
  }

  func channelActive(context: ChannelHandlerContext) {
    client = ClientAddress(context.remoteAddress)
    guard server.connections.add(self) else { return context.close(promise: nil) }
    settleClock()
  }

  func channelInactive(context: ChannelHandlerContext) {
    stopClock()
    server.connections.remove(self)
    if let ticket { server.scrapes.abandon(ticket) }
    ticket = nil
  }

  /// Bytes come, secured or not.
  func hasSpoken() {
    lastActivity = .now()
    if standing == .silent { standing = .spoken }
  }

  /// The bytes of a request come, not decoded yet.
  func bytesArrived(_ bytes: ByteBuffer) {
    hasSpoken()
    hasAnswered = false
    if state.bytesArrived() { hasRequestLine = false }
    if !hasRequestLine { hasRequestLine = bytes.readableBytesView.contains(UInt8(ascii: "\n")) }
    settleClock()
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    switch unwrapInboundIn(data) {
    case .head(let head): state.received(.head(head))
    case .body(let bytes): state.received(.body(bytes.readableBytes))
    case .end: state.received(.end)
    }
    work()
  }

  func read(context: ChannelHandlerContext) {
    if state.wantsInput { context.read() } else { isReadHeldBack = true }
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    guard case ChannelEvent.inputClosed = event else { return }
    if let action = state.inputClosed() { perform(action) }
    work()
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    switch error {
    case HTTPParserError.headerOverflow:
      state.received(.failure(hasRequestLine ? .headersTooLarge : .targetTooLong))
    case HTTPParserError.invalidVersion:
      state.received(.failure(.unsupportedVersion))
    case is HTTPParserError:
      state.received(.failure(.malformed))
    case is ByteToMessageDecoderError:
      return  // more bytes after one of the above, which is still to be answered
    default:
      return context.close(promise: nil)  // reset and the like
    }
    work()
  }

  // MARK: Doing

  /// A loop and not recursion, since answers may be complete at once. A request that came ahead of the response before waits
  /// for its turn.
  private func work() {
    guard !isWorking, !isWaiting else { return }
    isWorking = true
    while !hasAnswered || !state.hasFurtherInput, let action = state.next() { perform(action) }
    isWorking = false
    if hasAnswered, state.hasFurtherInput { return waitForTurn() }
    if isReadHeldBack, state.wantsInput {
      isReadHeldBack = false
      context?.read()
    }
    settleClock()
  }

  private func waitForTurn() {
    isWaiting = true
    server.turns.wait { [self] in
      isWaiting = false
      hasAnswered = false
      // the client may be gone
      if context?.channel.isActive == true { work() }
    }
  }

  private func perform(_ action: ConnectionState.Action) {
    switch action {
    case .sendContinue:
      context?.writeAndFlush(wrapOutboundOut(.head(.init(version: .http1_1, status: .continue))), promise: nil)
    case .answer(let head):
      hasAnswered = true
      stopClock()
      answer(head)
    case .refuse(let refusal):
      send(refusal.response, version: refusal.version, withBody: true)
    case .close:
      // over TLS with a farewell, by which clients know that nothing was cut off
      context?.close(promise: nil)
    }
  }

  private func answer(_ head: HTTPRequestHead) {
    let request = Request(head)
    guard let admission = server.admission else { return answer(request, head.version, ResponseHeaders()) }
    admission.admit(head, from: client, patience: request.patience, tlsNumber: tlsNumber) { [self] outcome in
      // the client may be gone
      guard context?.channel.isActive == true else { return }
      switch outcome {
      case .admitted(let headers): answer(request, head.version, headers)
      case .refused(let response): send(response, version: head.version, withBody: request.method != .head)
      case .outdated: close()
      }
    }
  }

  private func answer(_ request: Request, _ version: HTTPVersion, _ headers: ResponseHeaders) {
    func send(_ response: Response) {
      self.send(response.adding(headers), version: version, withBody: request.method != .head)
    }
    switch server.router.answer(request, configurationFailure: server.admission?.settings.latest.failure) {
    case .response(let response):
      send(response)
    case .scrape(let scrape):
      ticket = server.scrapes.submit(scrape, from: client) { [self] result in
        ticket = nil
        let response: Response =
          switch result {
          case .rendering(let rendering): .scrape(rendering, format: scrape.variant.format)
          case .late: .text(.serviceUnavailable, "The collection before has not ended in time")
          }
        send(response)
      }
      if ticket == nil {
        send(
          .text(.serviceUnavailable, "Too many scrapes wait for an answer already", headers: ["Retry-After": "5"]))
      }
    }
  }

  private func send(_ response: Response, version: HTTPVersion, withBody: Bool) {
    guard let context else { return }
    var head = HTTPResponseHead(version: version, status: response.status, headers: response.headers)
    if response.status.mayHaveResponseBody {  // else it would be that of what the client has
      head.headers.add(name: "Content-Length", value: "\(response.body.readableBytes)")
    }
    head.headers.add(name: "Date", value: HTTPDate.now)
    if !state.keepsAlive {
      head.headers.add(name: "Connection", value: "close")
    } else if version == .http1_0 {
      head.headers.add(name: "Connection", value: "keep-alive")
    }
    startClock(.response)
    server.connections.beginSending(self, withBody ? response.body : nil, isShared: !isSecured)
    context.write(wrapOutboundOut(.head(head)), promise: nil)
    if withBody { context.write(wrapOutboundOut(.body(.byteBuffer(response.body))), promise: nil) }
    let sent = context.eventLoop.makePromise(of: Void.self)
    sent.futureResult.assumeIsolated().whenSuccess { self.sent() }
    context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: sent)
  }

  private func sent() {
    standing = .served
    lastActivity = .now()
    server.connections.endSending(self)
    stopClock()
    if let action = state.answered() { perform(action) }
    // Closing with unread input would reset the connection and take the refusal out of the client's hands.
    if state.phase == .lingering { context?.close(mode: .output, promise: nil) }
    work()
  }

  // MARK: Keeping time

  private enum Clock {
    case request
    case response
    case idle
    case linger
  }

  /// One clock is enough: a connection waits for one thing at a time. None runs while a collection is awaited.
  private func settleClock() {
    switch state.phase {
    case .receiving: keepClock(.request)
    case .idle: keepClock(.idle)
    case .lingering: keepClock(.linger)
    case .answering: break
    case .closed: stopClock()
    }
  }

  private func keepClock(_ kind: Clock) {
    if clock?.kind != kind { startClock(kind) }
  }

  private func startClock(_ kind: Clock) {
    stopClock()
    let timeouts = server.configuration.timeouts
    let time =
      switch kind {
      case .request: timeouts.request
      case .response: timeouts.response
      case .idle: timeouts.idle
      case .linger: timeouts.linger
      }
    guard let eventLoop = context?.eventLoop else { return }
    let task = eventLoop.assumeIsolated().scheduleTask(in: TimeAmount(time)) { [self] in
      server.logger.debug("connection closed by time-out", metadata: ["awaited": "\(kind)"])
      close()
    }
    clock = (kind, task)
  }

  private func stopClock() {
    clock?.task.cancel()
    clock = nil
  }
}
