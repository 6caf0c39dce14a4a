import Logging
import NIOCore

/// The open connections: keeps their number, and that and the size of unread responses, within bounds. Lives on the event
/// loop.
final class Connections {
  /// A response that is being sent.
  private struct Sending {
    let connection: ConnectionHandler
    /// Where its text lies, by which responses that share one are known; nil where it is this connection's alone.
    let text: UnsafeRawPointer?
    let bytes: Int
  }

  private let limits: WebLimits
  private let unreadResponses: Int
  private let logger: Logger
  private var open: [ObjectIdentifier: ConnectionHandler] = [:]
  /// How many of them each client has.
  private var clients: [ClientAddress: Int] = [:]
  /// In the order in which they began.
  private var sending: [Sending] = []
  private var turnedAway: UInt64 = 0
  /// Set when the server stops.
  private var whenEmpty: (() -> Void)?

  init(_ configuration: WebConfiguration, logger: Logger) {
    let maxRequests = configuration.maxRequests
    limits = configuration.limits
    // As many as may have waited for one collection get their responses at the same moment.
    unreadResponses = maxRequests == 0 ? .max : max(limits.unreadResponses, maxRequests)
    self.logger = logger
  }

  /// Takes a new connection in; false where there is no room for it.
  func add(_ connection: ConnectionHandler) -> Bool {
    guard whenEmpty == nil else { return false }
    guard open.count < limits.connections || makeRoom() else {
      turnedAway += 1
      // Each power of two: a flood of connections must not become a flood of log lines.
      if turnedAway & (turnedAway - 1) == 0 {
        logger.warning("too many connections, all with a request in hand", metadata: ["turned_away": "\(turnedAway)"])
      }
      return false
    }
    open[ObjectIdentifier(connection)] = connection
    clients[connection.client, default: 0] += 1
    return true
  }

  func remove(_ connection: ConnectionHandler) {
    endSending(connection)
    guard open.removeValue(forKey: ObjectIdentifier(connection)) != nil else { return }
    let left = clients[connection.client, default: 1] - 1
    clients[connection.client] = left > 0 ? left : nil
    if open.isEmpty { whenEmpty?() }
  }

  /// Closes the connection without a request in hand that has least to lose: one of a client that has a quarter of all and
  /// more, before those of others; one that was silent so far before one that spoke, and that before one that was served; and of
  /// these the one that has been quiet for longest. Otherwise whoever opens enough connections and leaves them alone keeps everyone else out.
  private func makeRoom() -> Bool {
    let crowd = clients.max { $0.value < $1.value }.flatMap { $0.value > limits.connections / 4 ? $0.key : nil }
    guard let loser = crowd.flatMap({ loser(of: $0) }) ?? loser(of: nil) else { return false }
    remove(loser)
    loser.close()
    return true
  }

  /// - Parameter client: whose connections are meant; nil: everybody's.
  private func loser(of client: ClientAddress?) -> ConnectionHandler? {
    var loser: ConnectionHandler?
    // in a flood of connections each is another look at all of them
    for one in open.values where one.isDispensable && (client == nil || one.client == client) {
      guard let other = loser else {
        loser = one
        continue
      }
      let hasLessToLose =
        one.standing == other.standing
        ? one.lastActivity < other.lastActivity : one.standing.rawValue < other.standing.rawValue
      if hasLessToLose { loser = one }
    }
    return loser
  }

  /// A response begins to be sent, with this text. Of the client that is sent most, the one that has been on its way for longest
  /// makes room; the new one is sent in any case.
  ///
  /// - Parameter isShared: whether the text itself is what is held; TLS holds one of its own for each connection.
  func beginSending(_ connection: ConnectionHandler, _ text: ByteBuffer?, isShared: Bool) {
    // While a text is being sent nothing else can lie at its place.
    let new = Sending(
      connection: connection, text: isShared ? text?.withUnsafeReadableBytes { $0.baseAddress } : nil,
      bytes: text?.readableBytes ?? 0)
    while sending.count >= unreadResponses || bytes(with: new) > limits.unreadBytes,
      let loser = greediest(with: connection.client)
    {
      endSending(loser)
      loser.close()
    }
    sending.append(new)
  }

  /// What is on its way for longest to the client that most is on its way to, a further response to `client` among it.
  private func greediest(with client: ClientAddress) -> ConnectionHandler? {
    var counts = [client: 1]
    for one in sending { counts[one.connection.client, default: 0] += 1 }
    let most = counts.values.max()
    return (sending.first { counts[$0.connection.client] == most } ?? sending.first)?.connection
  }

  func endSending(_ connection: ConnectionHandler) {
    sending.removeAll { $0.connection === connection }
  }

  /// What the texts that are being sent take in memory, and a further one: each counts once, whoever shares it.
  private func bytes(with new: Sending) -> Int {
    var shared: [UnsafeRawPointer: Int] = [:]
    var own = 0
    for one in sending + [new] {
      if let text = one.text { shared[text] = one.bytes } else { own += one.bytes }
    }
    return shared.values.reduce(own, +)
  }

  /// Lets in no more, closes what is idle, and calls back when the last request in hand is answered.
  func quiesce(whenEmpty: @escaping () -> Void) {
    self.whenEmpty = whenEmpty
    if open.isEmpty { whenEmpty() }
    for connection in Array(open.values) { connection.quiesce() }
  }

  func closeAll() {
    for connection in Array(open.values) { connection.close() }
  }
}
