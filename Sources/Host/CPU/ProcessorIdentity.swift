/// What the first processor of `/proc/cpuinfo` says of itself.
package struct ProcessorIdentity: Sendable, Hashable {
  /// `vendor_id`, or `CPU implementer` on arm64 (`0x41`).
  package let vendor: String
  /// `cpu family`; 0 on arm64.
  package let family: Int
  /// `model`, or `CPU part` on arm64.
  package let model: Int
  package let stepping: Int

  package init(paths: HostPaths) throws(HostError) {
    let path = paths.proc("cpuinfo")
    let text: String
    do throws(SystemError) { text = try SmallFile.text(path) } catch { throw .system(error) }
    try self.init(parsing: text, path: path)
  }

  package init(parsing text: String, path: String = "cpuinfo") throws(HostError) {
    var fields: [String: String] = [:]
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      // An empty line ends the first processor.
      if line.isEmpty && !fields.isEmpty { break }
      let halves = line.split(separator: ":", maxSplits: 1)
      guard halves.count == 2 else { continue }
      fields[Self.trimmed(halves[0])] = Self.trimmed(halves[1])
    }
    func number(_ name: String) -> Int? {
      guard let text = fields[name] else { return nil }
      return text.hasPrefix("0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
    }
    guard let vendor = fields["vendor_id"] ?? fields["CPU implementer"],
      let model = number("model") ?? number("CPU part")
    else { throw .malformed(path: path, expected: "a vendor and a model", found: String(text.prefix(40))) }
    self.vendor = vendor
    self.model = model
    family = number("cpu family") ?? 0
    stepping = number("stepping") ?? number("CPU revision") ?? 0
  }

  private static func trimmed(_ text: Substring) -> String {
    var text = text.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
