/// Text from outside is bytes. To Characters CR LF is one, and a combining mark swallows the separator before it: what looks for
/// `\n` or `/` among them misses some. All that takes such text apart does it by this.
extension StringProtocol {
  /// The parts between the separators.
  ///
  /// - Parameter separator: one of ASCII.
  package func split(
    at separator: Unicode.Scalar, maxSplits: Int = .max, omittingEmptySubsequences: Bool = true
  ) -> [Substring] {
    let byte = UInt8(ascii: separator)
    return Substring(self).utf8
      .split(separator: byte, maxSplits: maxSplits, omittingEmptySubsequences: omittingEmptySubsequences)
      .map { Substring($0) }
  }

  /// Whether its first bytes are those of `prefix`.
  package func begins(with prefix: String) -> Bool { utf8.starts(with: prefix.utf8) }

  /// Whether its last bytes are those of `suffix`.
  package func ends(with suffix: String) -> Bool { utf8.reversed().starts(with: suffix.utf8.reversed()) }
}
