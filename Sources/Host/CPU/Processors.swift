/// A processor as `/proc/cpuinfo` lists it. What the architecture does not tell is empty: arm64 has numbers only.
package struct Processor: Sendable, Hashable {
  package let number: Int
  /// `vendor_id`.
  package let vendor: String
  /// `model name`.
  package let model: String
  /// `physical id`.
  package let package: String
  /// `core id`.
  package let core: String

  package init(number: Int, vendor: String, model: String, package: String, core: String) {
    self.number = number
    self.vendor = vendor
    self.model = model
    self.package = package
    self.core = core
  }

  /// All that are online.
  package static func list(paths: HostPaths) throws(SystemError) -> [Processor] {
    list(parsing: try SmallFile.text(paths.proc("cpuinfo")))
  }

  /// Each is a paragraph of `name : value` lines that begins with its number.
  package static func list(parsing text: String) -> [Processor] {
    var processors: [Processor] = []
    var fields: [Substring: Substring] = [:]
    func end() {
      guard let number = fields["processor"].flatMap({ Int($0) }) else { return }
      func field(_ name: Substring) -> String { String(fields[name] ?? "") }
      processors.append(
        Processor(
          number: number, vendor: field("vendor_id"), model: field("model name"), package: field("physical id"),
          core: field("core id")))
    }
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if line.isEmpty {
        end()
        fields = [:]
        continue
      }
      let halves = line.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
      if halves.count == 2 { fields[trimmed(halves[0])] = trimmed(halves[1]) }
    }
    end()
    return processors
  }

  private static func trimmed(_ text: Substring) -> Substring {
    var text = text.drop { $0.isWhitespace }
    while text.last?.isWhitespace == true { text.removeLast() }
    return text
  }
}
