import ArgumentParser
import Collecting
import Collectors

/// Which collectors the command line switches on and off: node_exporter's `--collector.<name>` and `--no-collector.<name>`.
///
/// The flags are as many as the registry has collectors, so they are taken out before the other arguments are parsed.
struct CollectorChoice: Hashable, Codable {
  private(set) var on: Set<String> = []
  private(set) var off: Set<String> = []

  /// Separates the flags from the other arguments. The last flag for a collector counts.
  static func extract(from arguments: [String]) throws -> (CollectorChoice, rest: [String]) {
    var choice = CollectorChoice()
    var rest: [String] = []
    for argument in arguments {
      if argument == "--collector.disable-defaults" {
        rest.append(argument)
      } else if argument.hasPrefix("--no-collector.") {
        let name = try known(argument.dropFirst("--no-collector.".count), in: argument)
        choice.off.insert(name)
        choice.on.remove(name)
      } else if argument.hasPrefix("--collector.") {
        let name = try known(argument.dropFirst("--collector.".count), in: argument)
        choice.on.insert(name)
        choice.off.remove(name)
      } else {
        rest.append(argument)
      }
    }
    return (choice, rest)
  }

  private static func known(_ name: Substring, in argument: String) throws -> String {
    let names = Registry.collectors.map(\.name)
    guard names.contains(String(name)) else {
      throw ValidationError(
        "\(argument): there is no collector \"\(name)\"; the collectors are \(names.joined(separator: ", "))")
    }
    return String(name)
  }

  /// The collectors that are on; `implied` are those that other options ask for.
  func enabled(disableDefaults: Bool, implied: Set<String>) -> Set<String> {
    let defaults = disableDefaults ? [] : Registry.collectors.filter(\.isOnByDefault).map(\.name)
    return Set(defaults).union(implied).subtracting(off).union(on)
  }

  /// The flags, for the help text.
  static var help: String {
    let entries = Registry.collectors.map { collector in
      "  --[no-]collector.\(collector.name)\(collector.isOnByDefault ? "" : " (off by default)")\n"
        + wrapped(collector.summary, indent: 6)
    }
    return "COLLECTORS:\n" + entries.joined(separator: "\n")
  }

  /// Lines short enough for a terminal of 80 columns, which the argument parser would otherwise fold without an indent.
  private static func wrapped(_ text: String, indent: Int) -> String {
    var lines: [String] = []
    for word in text.split(separator: " ") {
      if let last = lines.last, indent + last.count + 1 + word.count < 80 {
        lines[lines.count - 1] = last + " " + word
      } else {
        lines.append(String(word))
      }
    }
    return lines.map { String(repeating: " ", count: indent) + $0 }.joined(separator: "\n")
  }
}
