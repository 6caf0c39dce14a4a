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
    func ask(_ user: String, _ password: String, patience: Duration = .seconds(60)) -> EventLoopFuture<
      Authenticator.Verdict
    > {
      let loop = group.any()
      let verdict = loop.makePromise(of: Authenticator.Verdict.self)
      loop.execute { [authenticator, users] in
        authenticator.value.check(
          BasicCredentials(user: Array(user.utf8), password: Array(password.utf8)), users: users, patience: patience
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
