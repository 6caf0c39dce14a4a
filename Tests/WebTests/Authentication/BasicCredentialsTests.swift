import Foundation
import Testing

@testable import Web

@Suite struct BasicCredentialsTests {
  private static func encoded(_ text: String) -> String { Data(text.utf8).base64EncodedString() }

  @Test(arguments: ["Basic", "basic", "BASIC", "bAsIc"]) func schemeIsOfAnyCase(_ scheme: String) throws {
    let credentials = try #require(BasicCredentials(field: "\(scheme) \(Self.encoded("user:secret"))"))
    #expect(credentials.user == Array("user".utf8))
    #expect(credentials.password == Array("secret".utf8))
  }

  @Test(arguments: [
    (":", "", ""), (":secret", "", "secret"), ("user:", "user", ""), ("a:b:c", "a", "b:c"), ("ü:ö", "ü", "ö"),
    ("a:\0", "a", "\0"),
  ])
  func firstColonDivides(text: String, user: String, password: String) throws {
    let credentials = try #require(BasicCredentials(field: "Basic \(Self.encoded(text))"))
    #expect(credentials.user == Array(user.utf8))
    #expect(credentials.password == Array(password.utf8))
  }

  @Test func everyByteComesThrough() throws {
    let bytes = Array("u:".utf8) + Array(UInt8.min...UInt8.max)
    let credentials = try #require(BasicCredentials(field: "Basic \(Data(bytes).base64EncodedString())"))
    #expect(credentials.password == Array(UInt8.min...UInt8.max))
  }

  @Test func blanksBehindAreNothing() {
    #expect(BasicCredentials(field: "Basic \(Self.encoded("user:secret"))  \t") != nil)
  }

  @Test(arguments: [
    "", "Basic", "Basic ", "Basic  dXNlcjpz", "Basic\tdXNlcjpz", "Bearer dXNlcjpz", "Basic dXNlcg==",
    "Basic dXNlcjpzZQ",
    "Basic dXNlcjpzZQ=", "Basic dXNlcjpzZQ===", "Basic dXNl=jpz", "Basic dXNlcjpz dXNl", "Basic dXNl_jpz",
    "BasicdXNlcjpz",
    "Basic ====", "Basic ü",
  ])
  func otherFieldsAreNone(_ field: String) { #expect(BasicCredentials(field: field) == nil) }
}
