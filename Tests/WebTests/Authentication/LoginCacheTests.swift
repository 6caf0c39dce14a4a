import Testing

@testable import Web

@Suite struct LoginCacheTests {
  private static func credentials(_ user: String, _ password: String) -> BasicCredentials {
    BasicCredentials(user: Array(user.utf8), password: Array(password.utf8))
  }

  @Test func loginIsKnownByAllOfIt() throws {
    var cache = LoginCache(most: 4)
    let hash = try BcryptHash(parsing: Crypt.hash("secret"))
    let other = try BcryptHash(parsing: Crypt.hash("other"))
    cache.insert(cache.key(Self.credentials("a", "secret"), hash), isRight: true)
    #expect(cache[cache.key(Self.credentials("a", "secret"), hash)] == true)
    #expect(cache[cache.key(Self.credentials("a", "secret"), other)] == nil)
    #expect(cache[cache.key(Self.credentials("a", "secret"), nil)] == nil)
    #expect(cache[cache.key(Self.credentials("b", "secret"), hash)] == nil)
    #expect(cache[cache.key(Self.credentials("as", "ecret"), hash)] == nil)
  }

  @Test func guessesDoNotThrowOutWhatIsRight() {
    var cache = LoginCache(most: 4)
    let right = cache.key(Self.credentials("a", "secret"), nil)
    cache.insert(right, isRight: true)
    let guesses = (0..<10).map { cache.key(Self.credentials("a", "\($0)"), nil) }
    for guess in guesses { cache.insert(guess, isRight: false) }
    #expect(cache[right] == true)
    #expect(guesses.map { cache[$0] } == Array(repeating: nil, count: 6) + Array(repeating: false, count: 4))
  }
}
