import Testing

@testable import Web

/// Hashes as Go's bcrypt takes them; those here were made by crypt(3) of other tools.
@Suite struct BcryptHashTests {
  /// The hash that crypt itself makes, by whatever setting.
  private static func hash(_ password: [UInt8], cost: Int = 4, salt: String = "abcdefghijklmnopqrstuu") throws -> String
  {
    let setting = "$2y$0\(cost)$\(salt)"
    return try #require(Crypt.hash(password, setting))
  }

  private static func matches(_ password: [UInt8], _ hash: String) throws -> Bool {
    try BcryptHash(parsing: hash).matches(password)
  }

  @Test func knownHashesMatch() throws {
    // of OpenBSD's and crypt_blowfish's own tests
    #expect(
      try Self.matches(Array("U*U".utf8), "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
    #expect(
      try Self.matches(Array("U*U*".utf8), "$2y$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK"))
    #expect(
      try !Self.matches(Array("U*U*".utf8), "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"))
  }

  /// Passwords for which crypt's own $2a$ and $2x$ differ from $2y$, and others.
  @Test(arguments: [
    Array("secret".utf8), [], Array("pässwörd".utf8), [0xff, 0xff, 0xa3], [0xff, 0xa3, 0x33, 0x34, 0xff, 0xff, 0xff],
    [0xa3], Array(0x80...0xc0),
  ])
  func letterMeansNothing(_ password: [UInt8]) throws {
    let rest = try Self.hash(password).dropFirst(3)
    for prefix in ["$2y", "$2a", "$2b", "$2x", "$2z", "$2"] {
      #expect(try Self.matches(password, prefix + rest), "\(prefix)")
      #expect(try !Self.matches(password + [1], prefix + rest), "\(prefix)")
    }
  }

  @Test func passwordsCountTo72Bytes() throws {
    let long = Array(repeating: UInt8(ascii: "x"), count: 72)
    let hash = try Self.hash(long)
    #expect(try Self.matches(long, hash))
    #expect(try Self.matches(long + Array("anything".utf8), hash))
    // crypt itself refuses those
    #expect(try Self.matches(Array(repeating: UInt8(ascii: "x"), count: 10_000), hash))
    #expect(try !Self.matches(Array(long.dropLast()), hash))
  }

  @Test func passwordWithNULIsRefused() throws {
    let hash = try Self.hash(Array("ab".utf8))
    #expect(try Self.matches(Array("ab".utf8), hash))
    #expect(try !Self.matches(Array("ab\0cd".utf8), hash))
    #expect(try !Self.matches(Array("ab\0".utf8), hash))
  }

  /// The last character of a salt has four bits that mean nothing; old generators left some there.
  @Test func strayBitsOfTheSaltDoNotMatter() throws {
    let clean = try Self.hash(Array("secret".utf8))
    let bytes = Array(clean.utf8)
    #expect(bytes[28] == UInt8(ascii: "u"))
    for stray in "vwxyz" {
      let hash =
        String(decoding: bytes[..<28], as: UTF8.self) + "\(stray)" + String(decoding: bytes[29...], as: UTF8.self)
      #expect(try Self.matches(Array("secret".utf8), hash), "\(stray)")
      #expect(try !Self.matches(Array("Secret".utf8), hash), "\(stray)")
    }
  }

  @Test func lengthsAreAsGoHasThem() throws {
    let hash = try Self.hash(Array("secret".utf8))
    let short = try BcryptHash(parsing: String(hash.dropLast()))
    #expect(!short.isMatchable)
    #expect(!short.matches(Array("secret".utf8)))
    let long = try BcryptHash(parsing: hash + "x")
    #expect(long.isMatchable)
    #expect(long.matches(Array("secret".utf8)))
    #expect(throws: BcryptHashError.self) { try BcryptHash(parsing: String(hash.dropLast(2))) }
  }

  @Test func costsAreFrom4To31() throws {
    let rest = String(try Self.hash([]).dropFirst(6))
    for cost in ["04", "10", "31"] { #expect(try BcryptHash(parsing: "$2y$\(cost)" + rest).cost == Int(cost)) }
    for cost in ["03", "32", "+4", "4$", "  ", "99"] {
      #expect(throws: BcryptHashError.self, "\(cost)") { try BcryptHash(parsing: "$2y$\(cost)" + rest) }
    }
  }

  @Test func otherKindsAreRefused() {
    let rest = String(repeating: "a", count: 53)
    for text in ["", "secret", "$3y$10$\(rest)", "$1$10$\(rest)\(rest)", "2y$10$\(rest)aaaa", "$2yy10$\(rest)"] {
      #expect(throws: BcryptHashError.self, "\(text)") { try BcryptHash(parsing: text) }
    }
  }

  @Test func damagedSaltMatchesNothing() throws {
    let hash = try Self.hash(Array("secret".utf8))
    let damaged = try BcryptHash(parsing: hash.replacing("abc", with: "a!c"))
    #expect(!damaged.isMatchable)
    #expect(!damaged.matches(Array("secret".utf8)))
  }

  @Test func substituteMatchesNothing() {
    #expect(!BcryptHash(unmatchedOf: 4).matches([]))
    #expect(!BcryptHash(unmatchedOf: 4).matches(Array("secret".utf8)))
  }

  @Test func comparisonIsOfAllBytes() {
    #expect(BcryptHash.areEqual([1, 2, 3], [1, 2, 3]))
    #expect(!BcryptHash.areEqual([1, 2, 3], [1, 2, 4]))
    #expect(!BcryptHash.areEqual([0, 2, 3], [1, 2, 3]))
    #expect(!BcryptHash.areEqual([1, 2], [1, 2, 3]))
    #expect(BcryptHash.areEqual([], []))
  }
}
