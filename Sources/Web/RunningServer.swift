import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// The threads, listeners and connections of a server that was started.
struct RunningServer: Sendable {
  /// As many as the kernel's own limit is by default: whoever finds it full waits a second before it tries again.
  private static let backlog: Int32 = 4096
  /// What is sent ahead of a client: a whole response, most often. The kernel takes twice as much for its own bookkeeping.
  private static let sendBufferBytes = 256 << 10
  /// Small, so that a client cannot have much more than one request decoded ahead of its turn.
  private static let readBytes = 4 << 10
  private static let ipv6Only = ChannelOptions.Types.SocketOption(level: .ipv6, name: .ipv6_v6only)

  private let group: MultiThreadedEventLoopGroup
  private let threads: NIOThreadPool
  /// One thread each to read the web configuration's files and to compute hashes; none where there is none.
  private let admissionThreads: [NIOThreadPool]
  private let eventLoop: any EventLoop
  private let context: NIOLoopBound<ServerContext>
  private let logger: Logger
  private var listeners: [any Channel] = []
  private(set) var addresses: [BoundAddress] = []

  /// Starts the threads and listens; stops them again where that fails.
  static func start(_ server: WebServer) async throws(WebServerError) -> RunningServer {
    var running = await RunningServer(server)
    do {
      for descriptor in server.descriptors {
        try await running.listen("inherited descriptor \(descriptor)") { $0.withBoundSocket(descriptor) }
      }
      for address in server.descriptors.isEmpty ? server.configuration.listenAddresses : [] {
        try await running.listen(address)
      }
    } catch {
      // nothing runs yet, so this takes no time
      await running.stop(within: .seconds(1))
      throw error
    }
    return running
  }

  private init(_ server: WebServer) async {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let threads = NIOThreadPool(numberOfThreads: 2)
    threads.start()
    let admissionThreads = (0..<(server.file == nil ? 0 : 2)).map { _ in NIOThreadPool(numberOfThreads: 1) }
    for pool in admissionThreads { pool.start() }
    let eventLoop = group.any()
    self.group = group
    self.threads = threads
    self.admissionThreads = admissionThreads
    self.eventLoop = eventLoop
    self.logger = server.logger
    let made = eventLoop.submit {
      let configuration = server.configuration
      let context = ServerContext(
        router: Router(telemetryPath: configuration.telemetryPath, version: server.version, source: server.source),
        admission: server.file.map {
          Admission(
            $0, limits: configuration.limits, files: admissionThreads[0], hashes: admissionThreads[1],
            eventLoop: eventLoop)
        },
        scrapes: ScrapeQueue(
          source: server.source, encode: server.encode, threads: threads, eventLoop: eventLoop,
          maxRequests: configuration.maxRequests),
        connections: Connections(configuration, logger: server.logger), turns: Turns(eventLoop: eventLoop),
        configuration: configuration, logger: server.logger)
      return NIOLoopBound(context, eventLoop: eventLoop)
    }
    // Nothing in it throws, and the loop runs.
    context = try! await made.get()
  }

  // MARK: Listening

  private mutating func listen(_ address: ListenAddress) async throws(WebServerError) {
    let candidates = try address.candidates()
    for (index, candidate) in candidates.enumerated() {
      // `[::]` takes IPv4 as well unless net.ipv6.bindv6only is set: ask for it, where every address is meant.
      let isDualStack = candidate.ipAddress == "::"
      do throws(WebServerError) {
        return try await listen("\(address)") {
          (isDualStack ? $0.serverChannelOption(Self.ipv6Only, value: 0) : $0).bind(to: candidate)
        }
      } catch {
        guard index < candidates.count - 1, error.isAboutFamily else { throw error }
        logger.debug("no IPv6 here: IPv4 only", metadata: ["address": "\(address)"])
      }
    }
  }

  private mutating func listen(
    _ name: String, _ open: @Sendable (ServerBootstrap) -> EventLoopFuture<any Channel>
  ) async throws(WebServerError) {
    do {
      let channel = try await open(bootstrap()).get()
      listeners.append(channel)
      addresses.append(channel.localAddress.map(BoundAddress.init) ?? BoundAddress(host: name, port: nil))
    } catch {
      throw WebServerError(listeningOn: name, error)
    }
  }

  private func bootstrap() -> ServerBootstrap {
    ServerBootstrap(group: group)
      .serverChannelOption(.backlog, value: Self.backlog)
      // Or a restart would have to wait until the old connections have timed out.
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      // A client that has sent all it wants to may close its half and still wait for the response.
      .childChannelOption(.allowRemoteHalfClosure, value: true)
      .childChannelOption(.maxMessagesPerRead, value: 1)
      // Or the kernel would hold megabytes for each client that does not read.
      .childChannelOption(.socketOption(.so_sndbuf), value: Self.sendBufferBytes)
      .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: Self.readBytes))
      .childChannelInitializer { [context] channel in
        channel.eventLoop.makeCompletedFuture { try Self.addHandlers(to: channel, context.value) }
      }
  }

  static func addHandlers(to channel: any Channel, _ server: ServerContext) throws {
    let limits = server.configuration.limits
    var decoding = NIOHTTPDecoderLimitConfiguration()
    decoding.maxHeaderFieldSize = limits.headerBytes
    decoding.maxHeaderListSize = limits.headerBytes
    decoding.maxHeaderFieldCount = limits.headerFields
    let connection = ConnectionHandler(server)
    if let settings = server.admission?.settings {
      let gate = SecurityGate(settings, connection, logger: server.logger)
      connection.gate = gate
      try channel.pipeline.syncOperations.addHandler(gate)
    }
    try channel.pipeline.syncOperations.addHandlers([
      ByteGate(connection),
      HTTPResponseEncoder(),
      ByteToMessageHandler(HTTPRequestDecoder(limitConfiguration: decoding)),
      connection,
    ])
  }

  // MARK: Stopping

  /// Stops listening, lets responses in hand finish for `time`, then closes what is left and ends the threads.
  func stop(within time: Duration) async {
    let deadline = NIODeadline.now() + TimeAmount(time)
    for listener in listeners { try? await listener.close() }
    let closed = eventLoop.makePromise(of: Void.self)
    eventLoop.execute { [context] in context.value.connections.quiesce { closed.succeed() } }
    let atDeadline = eventLoop.scheduleTask(deadline: deadline) { [context] in context.value.connections.closeAll() }
    try? await closed.futureResult.get()
    atDeadline.cancel()

    let idle = eventLoop.makePromise(of: Bool.self)
    let giveUp = eventLoop.scheduleTask(deadline: deadline) { idle.succeed(false) }
    eventLoop.execute { [context] in
      context.value.scrapes.notifyWhenIdle {
        guard let admission = context.value.admission else { return idle.succeed(true) }
        admission.notifyWhenIdle { idle.succeed(true) }
      }
    }
    let isIdle = (try? await idle.futureResult.get()) ?? false
    giveUp.cancel()

    guard isIdle else {
      // A collector that hangs in the kernel must not keep the process from ending.
      logger.warning("a collection or a login is still running: not waiting for it")
      return Self.end(([threads] + admissionThreads)[...], then: group)
    }
    for pool in [threads] + admissionThreads { try? await pool.shutdownGracefully() }
    try? await group.shutdownGracefully()
  }

  /// Ends one pool after the other, whenever they are done, and the event loop that they report to.
  private static func end(_ pools: ArraySlice<NIOThreadPool>, then group: MultiThreadedEventLoopGroup) {
    guard let pool = pools.first else { return group.shutdownGracefully { _ in } }
    pool.shutdownGracefully { _ in end(pools.dropFirst(), then: group) }
  }
}
