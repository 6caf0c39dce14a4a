import CCrypt

/// The library's own word, for tests that compare with it.
enum Crypt {
  /// nil where it refuses.
  static func hash(_ password: [UInt8], _ setting: String) -> String? {
    var output = [CChar](repeating: 0, count: 256)
    guard ccrypt_hash(password.map { CChar(bitPattern: $0) } + [0], setting, &output, output.count) else { return nil }
    return String(decoding: output.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// A hash of the least cost for a configuration file.
  static func hash(_ password: String, cost: Int = 4) -> String {
    hash(Array(password.utf8), "$2y$\(cost < 10 ? "0" : "")\(cost)$abcdefghijklmnopqrstuu") ?? ""
  }
}
