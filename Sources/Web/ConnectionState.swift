import NIOCore
import NIOHTTP1

/// One HTTP/1 connection without its I/O: takes what has come in and tells what is to be done, one thing at a time.
///
/// Requests that come ahead of the response to an earlier one wait in order; nothing is read meanwhile.
struct ConnectionState {
  /// What the decoder makes of the bytes.
  enum Part {
    case head(HTTPRequestHead)
    case body(Int)
    case end
    case failure(Refusal)
  }

  enum Action {
    /// Send `100 Continue`.
    case sendContinue
    /// Answer this request, then call `answered`.
    case answer(HTTPRequestHead)
    /// Send the refusal, then call `answered`.
    case refuse(Refusal)
    /// Close at once.
    case close
  }

  enum Phase: Equatable {
    /// Between two requests.
    case idle
    /// From the connection or the first byte of a request to its end.
    case receiving
    /// A request is in hand.
    case answering
    /// A refusal was sent: what still comes is thrown away.
    case lingering
    case closed
  }

  private(set) var phase = Phase.receiving
  private let limits: WebLimits
  private var head: HTTPRequestHead?
  private var bodyBytes = 0
  private var keepAlive = true
  private var isRefusing = false
  private var parts = CircularBuffer<Part>(initialCapacity: 4)
  private var waitingRequests = 0
  private var isInputClosed = false
  /// Nothing further is taken in, though the client may send it.
  private var isInputCut = false
  private var isQuiescing = false

  init(limits: WebLimits) {
    self.limits = limits
  }

  /// Whether more should be read from the client.
  var wantsInput: Bool { phase != .answering && phase != .closed && parts.isEmpty }

  /// Whether something has come behind the last request that was answered.
  var hasFurtherInput: Bool { phase == .idle && !parts.isEmpty }

  /// Whether the connection outlives the response in hand.
  var keepsAlive: Bool { keepAlive && !isQuiescing && !((isInputClosed || isInputCut) && parts.isEmpty) }

  /// Bytes have come. True where a new request begins with them.
  mutating func bytesArrived() -> Bool {
    guard phase == .idle else { return false }
    phase = .receiving
    return true
  }

  /// Takes in what was decoded; `next` then tells what to do.
  mutating func received(_ part: Part) {
    guard phase != .lingering, phase != .closed, !isInputCut else { return }
    switch part {
    case .head:
      waitingRequests += 1
      if waitingRequests > limits.pipelinedRequests + 1 {
        // What was accepted is answered; then the connection closes, and the client asks again for the rest.
        isInputCut = true
        return
      }
    case .body(let count):
      if case .body(let earlier) = parts.last {
        parts[parts.index(before: parts.endIndex)] = .body(earlier + count)
        return
      }
    case .end, .failure: break
    }
    parts.append(part)
  }

  /// What to do now; nil: wait for more.
  mutating func next() -> Action? {
    while phase == .idle || phase == .receiving {
      guard let part = parts.popFirst() else {
        if isInputClosed || isInputCut { return close() }
        if isQuiescing, phase == .idle { return close() }
        return nil
      }
      phase = .receiving
      if let action = take(part) { return action }
    }
    return nil
  }

  /// The response was handed to the kernel as a whole.
  mutating func answered() -> Action? {
    guard phase == .answering else { return nil }
    if isRefusing {
      phase = isInputClosed ? .closed : .lingering
      return isInputClosed ? .close : nil
    }
    guard keepsAlive else { return close() }
    phase = .idle
    return nil
  }

  /// The client sends nothing more, but may still read.
  mutating func inputClosed() -> Action? {
    isInputClosed = true
    return phase == .lingering ? close() : nil
  }

  /// No further requests: the one in hand, or on its way, is still answered.
  mutating func quiesce() -> Action? {
    isQuiescing = true
    switch phase {
    case .idle, .lingering: return close()
    case .receiving where head == nil && parts.isEmpty: return close()
    case .receiving, .answering, .closed: return nil
    }
  }

  private mutating func close() -> Action {
    phase = .closed
    parts.removeAll()
    return .close
  }

  private mutating func refuse(_ refusal: Refusal) -> Action {
    phase = .answering
    isRefusing = true
    keepAlive = false
    parts.removeAll()
    isInputCut = true
    return .refuse(refusal)
  }

  private mutating func take(_ part: Part) -> Action? {
    switch part {
    case .head(let head):
      self.head = head
      bodyBytes = 0
      return begin(head)
    case .body(let count):
      bodyBytes += count
      return bodyBytes > limits.bodyBytes ? refuse(.bodyTooLarge) : nil
    case .end:
      guard let head else { return refuse(.malformed) }
      self.head = nil
      waitingRequests -= 1
      phase = .answering
      keepAlive = head.isKeepAlive && !head.leavesHTTP
      return .answer(head)
    case .failure(let refusal):
      return refuse(refusal)
    }
  }

  private mutating func begin(_ head: HTTPRequestHead) -> Action? {
    guard head.version.major == 1 else { return refuse(.unsupportedVersion) }
    guard head.uri.utf8.count <= limits.targetBytes else { return refuse(.targetTooLong) }
    let hosts = head.headers["host"].count
    guard hosts == 1 || (hosts == 0 && head.version == .http1_0) else { return refuse(.noHost) }
    // Where there are several fields the decoder has refused the request already.
    // one that does not fit into a number is too long as well
    if let length = head.headers.first(name: "content-length").map({ Int($0) ?? .max }), length > limits.bodyBytes {
      return refuse(.bodyTooLarge)
    }
    guard let expectation = head.headers.first(name: "expect"), head.version == .http1_1 else { return nil }
    guard expectation.lowercased() == "100-continue" else { return refuse(.unknownExpectation) }
    let hasBody =
      head.headers.contains(name: "transfer-encoding")
      || head.headers.first(name: "content-length").map { $0 != "0" }
        ?? false
    return hasBody ? .sendContinue : nil
  }
}

extension HTTPRequestHead {
  /// After such a request NIO's decoder takes the connection for another protocol's and reads no further.
  fileprivate var leavesHTTP: Bool { method == .CONNECT || headers.contains(name: "upgrade") }
}
