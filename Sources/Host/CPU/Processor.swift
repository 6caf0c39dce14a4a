internal import ByteText

/// A processor as a paragraph of `/proc/cpuinfo` describes it. What the architecture does not tell is empty.
package struct Processor: Sendable, Hashable {
  package let number: Int
  private let fields: [String: String]

  private init?(_ fields: [String: String]) {
    guard let number = fields["processor"].flatMap({ Int($0) }) else { return nil }
    self.number = number
    self.fields = fields
  }

  /// x86: `GenuineIntel`.
  package var vendorID: String { fields["vendor_id"] ?? "" }
  package var modelName: String { fields["model name"] ?? "" }
  package var physicalID: String { fields["physical id"] ?? "" }
  package var coreID: String { fields["core id"] ?? "" }
  /// The features that x86 lists; nil elsewhere.
  package var flags: [Substring]? { fields["flags"]?.split(at: " ") }

  /// `vendor_id`, or `CPU implementer` on arm64 (`0x41`).
  package var vendor: String? { fields["vendor_id"] ?? fields["CPU implementer"] }
  /// `cpu family`; 0 on arm64.
  package var family: Int { integer("cpu family") ?? 0 }
  /// `model`, or `CPU part` on arm64.
  package var model: Int? { integer("model") ?? integer("CPU part") }
  /// `stepping`, or `CPU revision` on arm64.
  package var stepping: Int { integer("stepping") ?? integer("CPU revision") ?? 0 }

  private func integer(_ name: String) -> Int? {
    guard let text = fields[name] else { return nil }
    return text.begins(with: "0x") ? Int(text.dropFirst(2), radix: 16) : Int(text)
  }

  /// All that are online.
  package static func list(paths: HostPaths) throws(SystemError) -> [Processor] {
    list(parsing: try SmallFile.text(paths.proc("cpuinfo")))
  }

  /// Each is a paragraph of `name : value` lines with its number among them.
  package static func list(parsing text: String) -> [Processor] {
    var processors: [Processor] = []
    var fields: [String: String] = [:]
    for line in text.utf8.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false) {
      if line.isEmpty {
        if let processor = Processor(fields) { processors.append(processor) }
        fields = [:]
        continue
      }
      let halves = line.split(separator: UInt8(ascii: ":"), maxSplits: 1, omittingEmptySubsequences: false)
      if halves.count == 2 { fields[trimmed(halves[0])] = trimmed(halves[1]) }
    }
    if let processor = Processor(fields) { processors.append(processor) }
    return processors
  }

  private static func trimmed(_ text: Substring.UTF8View) -> String {
    func isSpace(_ byte: UInt8) -> Bool { byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
    var text = text.drop(while: isSpace)
    while text.last.map(isSpace) == true { text.removeLast() }
    return String(decoding: text, as: UTF8.self)
  }
}
