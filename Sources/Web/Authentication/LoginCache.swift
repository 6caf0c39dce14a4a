/// What came of logins, known by a keyed digest of them: neither passwords nor anything that leads to them is kept.
///
/// Right and wrong ones are kept apart, so that guessing does not throw those out that are right.
struct LoginCache {
  /// A user's hash is part of it: once that has changed, the old login is unknown.
  struct Key: Hashable {
    private let first: Int
    private let second: Int

    /// 128 bits of SipHash under two random keys of this process.
    fileprivate init(_ credentials: BasicCredentials, _ hash: BcryptHash?, salts: [UInt64]) {
      func digest(_ salts: ArraySlice<UInt64>) -> Int {
        var hasher = Hasher()
        hasher.combine(salts)
        hasher.combine(credentials)
        hasher.combine(hash)
        return hasher.finalize()
      }
      first = digest(salts[..<2])
      second = digest(salts[2...])
    }
  }

  private let salts = (0..<4).map { _ in UInt64.random(in: .min ... .max) }
  private var right: Latest<Key>
  private var wrong: Latest<Key>

  /// - Parameter most: how many right ones are kept, and how many wrong ones.
  init(most: Int) {
    right = Latest(most: most)
    wrong = Latest(most: most)
  }

  func key(_ credentials: BasicCredentials, _ hash: BcryptHash?) -> Key { Key(credentials, hash, salts: salts) }

  /// nil where it is not known.
  subscript(key: Key) -> Bool? {
    right.contains(key) ? true : wrong.contains(key) ? false : nil
  }

  mutating func insert(_ key: Key, isRight: Bool) {
    if isRight { right.insert(key) } else { wrong.insert(key) }
  }
}
