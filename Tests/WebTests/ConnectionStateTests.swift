import NIOHTTP1
import Testing

@testable import Web

@Suite struct ConnectionStateTests {
  /// What a connection did, in words.
  private func words(_ action: ConnectionState.Action?) -> String {
    switch action {
    case nil: "wait"
    case .sendContinue: "continue"
    case .answer(let head): "answer \(head.uri)"
    case .refuse(let refusal): "refuse \(refusal)"
    case .close: "close"
    }
  }

  private func head(
    _ uri: String, version: HTTPVersion = .http1_1, method: HTTPMethod = .GET, headers: HTTPHeaders = ["Host": "test"]
  ) -> ConnectionState.Part {
    .head(HTTPRequestHead(version: version, method: method, uri: uri, headers: headers))
  }

  private func state(_ change: (inout WebLimits) -> Void = { _ in }) -> ConnectionState {
    var limits = WebLimits()
    change(&limits)
    return ConnectionState(limits: limits)
  }

  @Test("A request is answered at its end, then the next one is awaited")
  func keepAlive() {
    var state = state()
    #expect(state.phase == .receiving)
    state.received(head("/a"))
    #expect(words(state.next()) == "wait")
    state.received(.end)
    #expect(words(state.next()) == "answer /a")
    #expect(state.keepsAlive && !state.wantsInput)
    #expect(words(state.answered()) == "wait")
    #expect(state.phase == .idle && state.wantsInput)
    let begins = (state.bytesArrived(), state.bytesArrived())
    #expect(begins == (true, false))
  }

  @Test("Pipelined requests are answered one after the other")
  func pipelining() {
    var state = state()
    for uri in ["/a", "/b"] {
      state.received(head(uri))
      state.received(.end)
    }
    #expect(words(state.next()) == "answer /a")
    #expect(words(state.next()) == "wait")
    _ = state.answered()
    #expect(words(state.next()) == "answer /b")
    _ = state.answered()
    #expect(words(state.next()) == "wait")
  }

  @Test("Whoever pipelines too much is answered that much and then cut off")
  func pipeliningLimit() {
    var state = state { $0.pipelinedRequests = 1 }
    for uri in ["/a", "/b", "/c"] {
      state.received(head(uri))
      state.received(.end)
    }
    #expect(words(state.next()) == "answer /a")
    _ = state.answered()
    #expect(words(state.next()) == "answer /b")
    #expect(!state.keepsAlive)
    #expect(words(state.answered()) == "close")
  }

  @Test(
    "The connection ends with requests that say so",
    arguments: [
      (HTTPVersion.http1_0, ["Host": "test"], false),
      (.http1_0, [:], false),
      (.http1_0, ["Host": "test", "Connection": "keep-alive"], true),
      (.http1_1, ["Host": "test", "Connection": "close"], false),
      (.http1_1, ["Host": "test", "Connection": "Upgrade", "Upgrade": "h2c"], false),
    ] as [(HTTPVersion, HTTPHeaders, Bool)])
  func connectionHeader(version: HTTPVersion, headers: HTTPHeaders, stays: Bool) {
    var state = state()
    state.received(head("/a", version: version, headers: headers))
    state.received(.end)
    #expect(words(state.next()) == "answer /a")
    #expect(state.keepsAlive == stays)
    #expect(words(state.answered()) == (stays ? "wait" : "close"))
  }

  @Test(
    "Requests with something wrong are refused",
    arguments: [
      ([:], "/", "noHost"),
      (HTTPHeaders([("Host", "a"), ("Host", "b")]), "/", "noHost"),
      (["Host": "a"], "/" + String(repeating: "x", count: 8192), "targetTooLong"),
      (["Host": "a", "Content-Length": "4097"], "/", "bodyTooLarge"),
      (["Host": "a", "Content-Length": "9223372036854775808"], "/", "bodyTooLarge"),
      (["Host": "a", "Content-Length": "99999999999999999999999", "Expect": "100-continue"], "/", "bodyTooLarge"),
      (["Host": "a", "Content-Length": "4097", "Expect": "100-continue"], "/", "bodyTooLarge"),
      (["Host": "a", "Expect": "miracles"], "/", "unknownExpectation"),
    ] as [(HTTPHeaders, String, String)])
  func refusals(headers: HTTPHeaders, target: String, refusal: String) {
    var state = state()
    state.received(head(target, headers: headers))
    #expect(words(state.next()) == "refuse \(refusal)")
    #expect(!state.keepsAlive)
    state.received(.body(1))
    #expect(words(state.next()) == "wait")
    #expect(words(state.answered()) == "wait")
    #expect(state.phase == .lingering && state.wantsInput)
    #expect(words(state.inputClosed()) == "close")
  }

  @Test("Small bodies are read over, larger ones are refused")
  func bodies() {
    var small = state()
    small.received(head("/a", headers: ["Host": "a", "Transfer-Encoding": "chunked"]))
    small.received(.body(4000))
    small.received(.body(96))
    small.received(.end)
    #expect(words(small.next()) == "answer /a")

    var large = state()
    large.received(head("/a", headers: ["Host": "a", "Transfer-Encoding": "chunked"]))
    #expect(words(large.next()) == "wait")
    large.received(.body(4096))
    #expect(words(large.next()) == "wait")
    large.received(.body(1))
    #expect(words(large.next()) == "refuse bodyTooLarge")
  }

  @Test("A body is asked for where the client waits for that")
  func expectation() {
    var state = state()
    state.received(head("/a", headers: ["Host": "a", "Content-Length": "2", "Expect": "100-Continue"]))
    #expect(words(state.next()) == "continue")
    state.received(.body(2))
    state.received(.end)
    #expect(words(state.next()) == "answer /a")

    var empty = ConnectionState(limits: WebLimits())
    empty.received(head("/a", headers: ["Host": "a", "Expect": "100-continue"]))
    #expect(words(empty.next()) == "wait")
  }

  @Test("Garbage after a good request is refused after that one's answer")
  func garbageBehind() {
    var state = state()
    state.received(head("/a"))
    state.received(.end)
    state.received(.failure(.malformed))
    #expect(words(state.next()) == "answer /a")
    #expect(words(state.next()) == "wait")
    _ = state.answered()
    #expect(words(state.next()) == "refuse malformed")
  }

  @Test("Who closes its half still gets the answer, and then the end")
  func halfClose() {
    var state = state()
    state.received(head("/a"))
    state.received(.end)
    #expect(words(state.next()) == "answer /a")
    #expect(words(state.inputClosed()) == "wait")
    #expect(!state.keepsAlive)
    #expect(words(state.answered()) == "close")
  }

  @Test("Who closes its half without a request gets the end")
  func halfCloseAtOnce() {
    var state = state()
    #expect(words(state.inputClosed()) == "wait")
    #expect(words(state.next()) == "close")
    #expect(state.phase == .closed)
  }

  @Test("Quiescing closes idle connections and ends the others with their answer")
  func quiescing() {
    var fresh = state()
    #expect(words(fresh.quiesce()) == "close")

    var busy = state()
    busy.received(head("/a"))
    busy.received(.end)
    _ = busy.next()
    #expect(words(busy.quiesce()) == "wait")
    #expect(!busy.keepsAlive)
    #expect(words(busy.answered()) == "close")

    var idle = state()
    idle.received(head("/a"))
    idle.received(.end)
    _ = idle.next()
    _ = idle.answered()
    #expect(words(idle.quiesce()) == "close")
  }
}
