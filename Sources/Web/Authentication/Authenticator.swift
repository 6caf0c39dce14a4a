import NIOCore
import NIOPosix

/// Decides whether credentials are those of a user. Lives on the event loop; hashes are computed on a thread of their own,
/// one at a time, so that logins take one CPU at most and no scrape waits for those of others.
///
/// Hashes take long, and whoever guesses asks for many: clients take turns, those whose last login was wrong come last, and neither
/// one client nor all who guess can have all the places there are to wait.
final class Authenticator {
  enum Verdict: Sendable, Hashable {
    case right
    case wrong
    /// Too many wait already, or it took too long.
    case busy
  }

  /// More users' logins than that are checked anew from time to time.
  private static let remembered = 1024

  private struct Waiter {
    let number: UInt64
    let client: ClientAddress
    let deadline: Scheduled<Void>
    let deliver: (Verdict) -> Void
  }

  private struct Job {
    let key: LoginCache.Key
    let password: [UInt8]
    let hash: BcryptHash
    var waiters: [Waiter]
  }

  private let threads: NIOThreadPool
  private let eventLoop: any EventLoop
  private let mostWaiting: Int
  private var cache = LoginCache(most: remembered)
  /// The first is being computed.
  private var jobs: [Job] = []
  /// Clients whose last login was wrong.
  private var guessers = Latest<ClientAddress>(most: remembered)
  /// Whose login is being computed, or was last.
  private var lastClient: ClientAddress?
  private var issued: UInt64 = 0
  private var whenIdle: (() -> Void)?
  /// Chooses the cost that a user who does not exist seems to have: the same each time, and not to be foretold.
  private let seed = UInt64.random(in: .min ... .max)

  /// - Parameters:
  ///   - threads: one thread, which nothing else needs.
  ///   - mostWaiting: requests that wait for a hash; further ones are `busy`.
  init(threads: NIOThreadPool, eventLoop: any EventLoop, mostWaiting: Int) {
    self.threads = threads
    self.eventLoop = eventLoop
    self.mostWaiting = mostWaiting
  }

  /// Checks a login against the users, at least one, and their hashes. Who does not exist takes as long as one who does.
  ///
  /// - Parameters:
  ///   - client: who asks.
  ///   - patience: how long to wait for a verdict.
  ///   - deliver: is called on the event loop, once, at once where the login is known.
  func check(
    _ credentials: BasicCredentials, from client: ClientAddress, users: [[UInt8]: BcryptHash], patience: Duration,
    deliver: @escaping (Verdict) -> Void
  ) {
    let hash = users[credentials.user]
    let key = cache.key(credentials, hash)
    if let isRight = cache[key] {
      note(client, isRight)
      return deliver(isRight ? .right : .wrong)
    }
    guard hasRoom(for: client) else { return deliver(.busy) }
    issued += 1
    let me = NIOLoopBound(self, eventLoop: eventLoop)
    let deadline = eventLoop.scheduleTask(in: TimeAmount(patience)) { [number = issued] in me.value.giveUp(number) }
    let waiter = Waiter(number: issued, client: client, deadline: deadline, deliver: deliver)
    if let index = jobs.firstIndex(where: { $0.key == key }) {
      jobs[index].waiters.append(waiter)
    } else {
      let substitute = hash ?? substitute(for: credentials.user, among: users)
      jobs.append(Job(key: key, password: credentials.password, hash: substitute, waiters: [waiter]))
      if jobs.count == 1 { compute() }
    }
  }

  private func note(_ client: ClientAddress, _ isRight: Bool) {
    if isRight { guessers.remove(client) } else { guessers.insert(client) }
  }

  private func hasRoom(for client: ClientAddress) -> Bool {
    let waiting = jobs.flatMap { $0.waiters.map(\.client) }
    if waiting.count >= mostWaiting { return false }
    let most = Share.most(of: mostWaiting)
    if waiting.count(where: { $0 == client }) >= most { return false }
    return !guessers.contains(client) || waiting.count(where: guessers.contains) < most
  }

  /// Puts first whose turn it is: whoever does not guess, and has not been served last, if there are such.
  private func chooseNext() {
    func first(_ isWanted: (ClientAddress) -> Bool) -> Int? {
      jobs.firstIndex { $0.waiters.contains { isWanted($0.client) } }
    }
    let next =
      first { !guessers.contains($0) && $0 != lastClient } ?? first { !guessers.contains($0) }
      ?? first { $0 != lastClient } ?? 0
    jobs.insert(jobs.remove(at: next), at: 0)
  }

  /// Calls back when no hash is being computed.
  func notifyWhenIdle(_ body: @escaping () -> Void) {
    if jobs.isEmpty { body() } else { whenIdle = body }
  }

  /// Of the cost of one of the users there are, so that the time does not tell whether there is such a user.
  func substitute(for user: [UInt8], among users: [[UInt8]: BcryptHash]) -> BcryptHash {
    let costs = users.values.map(\.cost).sorted()
    var hasher = Hasher()
    hasher.combine(seed)
    hasher.combine(user)
    return BcryptHash(unmatchedOf: costs[Int(UInt(bitPattern: hasher.finalize()) % UInt(costs.count))])
  }

  private func giveUp(_ number: UInt64) {
    for index in jobs.indices {
      guard let position = jobs[index].waiters.firstIndex(where: { $0.number == number }) else { continue }
      let waiter = jobs[index].waiters.remove(at: position)
      // one that nobody waits for any more is not begun
      if index > 0, jobs[index].waiters.isEmpty { jobs.remove(at: index) }
      return waiter.deliver(.busy)
    }
  }

  private func compute() {
    chooseNext()
    lastClient = jobs[0].waiters.first?.client
    let me = NIOLoopBound(self, eventLoop: eventLoop)
    threads.submit { [eventLoop, hash = jobs[0].hash, password = jobs[0].password] state in
      guard state == .active else { return }
      let isRight = hash.matches(password)
      eventLoop.execute { me.value.finish(isRight) }
    }
  }

  private func finish(_ isRight: Bool) {
    let job = jobs.removeFirst()
    cache.insert(job.key, isRight: isRight)
    for waiter in job.waiters { note(waiter.client, isRight) }
    if !jobs.isEmpty { compute() }
    for waiter in job.waiters {
      waiter.deadline.cancel()
      waiter.deliver(isRight ? .right : .wrong)
    }
    if jobs.isEmpty, let whenIdle { whenIdle() }
  }
}
