import CCrypt

/// A password's hash as `htpasswd -B` and others write it: `$2y$`, the cost, 22 characters of salt, 31 of hash.
///
/// Taken as Go's bcrypt takes it, on which exporters elsewhere rest, and not as crypt(3) does: any letter behind the 2 or
/// none means the same, what follows the hash is ignored, and passwords count up to 72 bytes.
struct BcryptHash: Sendable, Hashable {
  /// Powers of two of rounds.
  static let costs = 4...31
  private static let saltLength = 22
  private static let hashLength = 31
  /// Prefix, cost and salt as crypt(3) writes them.
  private static let settingLength = 7 + saltLength
  private static let alphabet = Set("./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789".utf8)
  private static let passwordBytes = 72

  let cost: Int
  private let salt: [UInt8]
  private let hash: [UInt8]

  /// Throws what is wrong, and never shows the text, which may be a password by mistake.
  init(parsing text: String) throws(BcryptHashError) {
    let bytes = Array(text.utf8)
    let dollar = UInt8(ascii: "$")
    guard bytes.first == dollar else {
      throw BcryptHashError("is no bcrypt hash, which begins with $2: a plain password is never taken")
    }
    guard bytes.count >= 59 else { throw BcryptHashError("is too short for a bcrypt hash of 60 characters") }
    guard bytes[1] == UInt8(ascii: "2") else { throw BcryptHashError("is of another kind: bcrypt begins with $2") }
    let start = bytes[2] == dollar ? 3 : 4
    guard bytes[start - 1] == dollar, bytes[start + 2] == dollar else {
      throw BcryptHashError("has no cost as in $10$")
    }
    let digits = bytes[start..<start + 2]
    guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let cost = Int(String(decoding: digits, as: UTF8.self)), Self.costs.contains(cost)
    else { throw BcryptHashError("has a cost that is not from 04 to 31") }
    self.cost = cost
    let rest = bytes[(start + 3)...]
    salt = Array(rest.prefix(Self.saltLength))
    hash = Array(rest.dropFirst(Self.saltLength).prefix(Self.hashLength))
  }

  /// A hash of this cost that no password has: to spend the same time on a user who does not exist.
  init(unmatchedOf cost: Int) {
    self.cost = cost
    salt = Array(repeating: UInt8(ascii: "."), count: Self.saltLength)
    hash = []
  }

  /// Whether a password can match at all.
  var isMatchable: Bool {
    hash.count == Self.hashLength && (salt + hash).allSatisfy(Self.alphabet.contains)
  }

  /// Whether the password is the one. Takes a time that doubles with each step of the cost, 0.07 s at 10; the same for
  /// right and wrong. Passwords with a NUL are refused, since crypt(3) ends there.
  func matches(_ password: [UInt8]) -> Bool {
    guard !password.contains(0) else { return false }
    // crypt refuses more than 511 bytes
    let phrase = password.prefix(Self.passwordBytes).map { CChar(bitPattern: $0) } + [0]
    // whatever the letter was, only y means the algorithm that all others do
    let setting =
      Array("$2y$\(cost < 10 ? "0" : "")\(cost)$".utf8)
      // what is no salt was refused by Go as well: the time is spent with another
      + (salt.allSatisfy(Self.alphabet.contains) ? salt : BcryptHash(unmatchedOf: cost).salt)
    var output = [CChar](repeating: 0, count: 128)
    guard ccrypt_hash(phrase, setting.map { CChar(bitPattern: $0) } + [0], &output, output.count) else { return false }
    // the hash alone: crypt writes the salt anew, without the stray bits of its last character that old generators left
    let made = output.dropFirst(Self.settingLength).prefix(Self.hashLength).map { UInt8(bitPattern: $0) }
    return Self.areEqual(made, hash)
  }

  /// In a time that depends on the lengths alone.
  static func areEqual(_ left: [UInt8], _ right: [UInt8]) -> Bool {
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(0) { $0 | ($1.0 ^ $1.1) } == 0
  }
}

/// Why a text is no bcrypt hash: continues "the hash of user x".
struct BcryptHashError: Error, Hashable {
  let problem: String
  init(_ problem: String) { self.problem = problem }
}
