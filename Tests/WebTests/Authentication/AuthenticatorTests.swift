import Dispatch
import NIOCore
import NIOPosix
import Synchronization
import Testing

@testable import Web

@Suite struct AuthenticatorTests {
  /// An authenticator whose thread can be kept busy.
  private struct Bench: Sendable {
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    let threads = NIOThreadPool(numberOfThreads: 1)
    let authenticator: NIOLoopBound<Authenticator>
    let users: [[UInt8]: BcryptHash]
    let gate = DispatchSemaphore(value: 0)

    init(mostWaiting: Int) async throws {
      threads.start()
      let (threads, loop) = (threads, group.any())
      authenticator = try await loop.submit {
        NIOLoopBound(Authenticator(threads: threads, eventLoop: loop, mostWaiting: mostWaiting), eventLoop: loop)
      }.get()
      users = [Array("a".utf8): try BcryptHash(parsing: Crypt.hash("secret"))]
    }

    func hold() { threads.submit { [gate] _ in gate.wait() } }

    /// Asks at once; the verdict comes when it comes.
    func ask(
      _ user: String, _ password: String, from client: String = "10.0.0.1", patience: Duration = .seconds(60)
    ) -> EventLoopFuture<Authenticator.Verdict> {
      let loop = group.any()
      let verdict = loop.makePromise(of: Authenticator.Verdict.self)
      loop.execute { [authenticator, users] in
        authenticator.value.check(
          BasicCredentials(user: Array(user.utf8), password: Array(password.utf8)),
          from: ClientAddress(try? SocketAddress(ipAddress: client, port: 1)), users: users, patience: patience
        ) { verdict.succeed($0) }
      }
      return verdict.futureResult
    }

    func end() async throws {
      try await threads.shutdownGracefully()
      try await group.shutdownGracefully()
    }
  }

  @Test func verdictsAreThoseOfTheHashes() async throws {
    let bench = try await Bench(mostWaiting: 4)
    for _ in 0..<2 {
      #expect(try await bench.ask("a", "secret").get() == .right)
      #expect(try await bench.ask("a", "Secret").get() == .wrong)
      #expect(try await bench.ask("b", "secret").get() == .wrong)
    }
    try await bench.end()
  }

  /// The time of an answer does not tell whether there is such a user.
  @Test func whoDoesNotExistSeemsToHaveTheCostOfOneWhoDoes() async throws {
    let bench = try await Bench(mostWaiting: 1)
    let users = [
      Array("a".utf8): try BcryptHash(parsing: Crypt.hash("", cost: 4)),
      Array("b".utf8): try BcryptHash(parsing: Crypt.hash("", cost: 5)),
    ]
    let costs = try await bench.group.any().submit { [authenticator = bench.authenticator] in
      (0..<200).map { number in
        (0..<2).map { _ in
          authenticator.value.substitute(for: Array("\(number)".utf8), among: users).cost
        }
      }
    }.get()
    #expect(costs.allSatisfy { $0[0] == $0[1] })
    #expect(Set(costs.map { $0[0] }) == [4, 5])
    try await bench.end()
  }

  @Test func queueIsBoundedAndKnownLoginsPassIt() async throws {
    let bench = try await Bench(mostWaiting: 2)
    #expect(try await bench.ask("a", "secret").get() == .right)
    bench.hold()
    let first = bench.ask("a", "1")
    // the same login waits with the first, and counts as well
    let same = bench.ask("a", "1")
    #expect(try await bench.ask("a", "2").get() == .busy)
    #expect(try await bench.ask("a", "secret").get() == .right)
    bench.gate.signal()
    #expect(try await first.get() == .wrong)
    #expect(try await same.get() == .wrong)
    #expect(try await bench.ask("a", "2").get() == .wrong)
    try await bench.end()
  }

  /// Neither one client nor all who guess can have every place there is to wait.
  @Test func aQuarterOfThePlacesIsLeftToOthers() async throws {
    let bench = try await Bench(mostWaiting: 8)
    // each of these has guessed once, and never again knows better
    for number in 1...8 { #expect(try await bench.ask("a", "0", from: "10.0.1.\(number)").get() == .wrong) }
    bench.hold()
    let byOne = (1...6).map { bench.ask("a", "\($0)", from: "10.0.0.9") }
    #expect(try await bench.ask("a", "7", from: "10.0.0.9").get() == .busy)
    let byAnother = bench.ask("a", "8", from: "10.0.0.8")
    bench.gate.signal()
    for verdict in byOne + [byAnother] { #expect(try await verdict.get() == .wrong) }

    bench.hold()
    let guesses = (1...6).map { bench.ask("a", "x\($0)", from: "10.0.1.\($0)") }
    #expect(try await bench.ask("a", "x7", from: "10.0.1.7").get() == .busy)
    let honest = bench.ask("a", "secret", from: "10.0.0.1")
    bench.gate.signal()
    #expect(try await honest.get() == .right)
    for verdict in guesses { #expect(try await verdict.get() == .wrong) }
    try await bench.end()
  }

  /// Whoever asks once does not wait for all that another has asked for before, nor for those who guess.
  @Test func clientsTakeTurnsAndThoseWhoGuessComeLast() async throws {
    let bench = try await Bench(mostWaiting: 16)
    #expect(try await bench.ask("a", "0", from: "10.0.0.3").get() == .wrong)
    let order = Mutex<[String]>([])
    bench.hold()
    var verdicts: [EventLoopFuture<Authenticator.Verdict>] = []
    func ask(_ name: String, _ password: String, _ client: String) {
      let verdict = bench.ask("a", password, from: client)
      verdict.whenComplete { _ in order.withLock { $0.append(name) } }
      verdicts.append(verdict)
    }
    for number in 1...3 { ask("guess", "\(number)", "10.0.0.3") }
    ask("first", "secret", "10.0.0.1")
    ask("second", "secret of another", "10.0.0.2")
    bench.gate.signal()
    for verdict in verdicts { _ = try await verdict.get() }
    // the first was begun before the others came
    #expect(order.withLock { $0 } == ["guess", "first", "second", "guess", "guess"])
    try await bench.end()
  }

  /// By which the server knows at its stop whether to wait.
  @Test func itIsIdleOnceNoHashIsComputed() async throws {
    let bench = try await Bench(mostWaiting: 2)
    let loop = bench.group.any()
    let order = Mutex<[String]>([])
    bench.hold()
    let verdict = bench.ask("a", "secret")
    verdict.whenComplete { _ in order.withLock { $0.append("verdict") } }
    let idle = loop.makePromise(of: Void.self)
    loop.execute { [authenticator = bench.authenticator] in
      authenticator.value.notifyWhenIdle {
        order.withLock { $0.append("idle") }
        idle.succeed()
      }
    }
    try await loop.submit {}.get()
    #expect(order.withLock { $0 } == [])
    bench.gate.signal()
    try await idle.futureResult.get()
    #expect(order.withLock { $0 } == ["verdict", "idle"])
    try await bench.end()
  }

  @Test func whoHasNoPatienceIsToldSo() async throws {
    let bench = try await Bench(mostWaiting: 2)
    bench.hold()
    #expect(try await bench.ask("a", "secret", patience: .milliseconds(1)).get() == .busy)
    bench.gate.signal()
    #expect(try await bench.ask("a", "secret").get() == .right)
    try await bench.end()
  }
}
