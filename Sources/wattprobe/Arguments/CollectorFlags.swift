import ArgumentParser
import Collecting
import Collectors

/// Which collectors the command line switches on and off: node_exporter's `--collector.<name>` and `--no-collector.<name>`.
struct CollectorFlags: ParsableArguments {
  @Flag(
    name: .customLong("collector.disable-defaults"),
    help: "Switch off all collectors but those that the command line switches on.")
  var disableDefaults = false

  /// In the order given: the last flag for a collector counts.
  @Flag var switches: [CollectorSwitch] = []

  /// The collectors that are on; `implied` are those that other options ask for.
  func enabled(implied: Set<String>) -> Set<String> {
    let defaults = disableDefaults ? [] : Registry.collectors.filter(\.isOnByDefault).map(\.name)
    var names = Set(defaults).union(implied)
    for change in switches {
      if change.isOn { names.insert(change.collector) } else { names.remove(change.collector) }
    }
    return names
  }

  /// Refuses the name of a collector that does not exist, with the names that do.
  static func checkNames(in arguments: [String]) throws {
    let names = Registry.collectors.map(\.name)
    for argument in arguments where argument != "--collector.disable-defaults" {
      for prefix in ["--collector.", "--no-collector."] where argument.hasPrefix(prefix) {
        let name = argument.dropFirst(prefix.count)
        guard names.contains(String(name)) else {
          throw ValidationError(
            "\(argument): there is no collector \"\(name)\"; the collectors are \(names.joined(separator: ", "))")
        }
      }
    }
  }
}

/// `--collector.<name>` or `--no-collector.<name>`.
struct CollectorSwitch: EnumerableFlag {
  let collector: String
  let isOn: Bool

  static let allCases = Registry.collectors.flatMap { definition in
    [true, false].map { CollectorSwitch(collector: definition.name, isOn: $0) }
  }

  static func name(for value: CollectorSwitch) -> NameSpecification {
    .customLong((value.isOn ? "collector." : "no-collector.") + value.collector)
  }

  static func help(for value: CollectorSwitch) -> ArgumentHelp? {
    guard value.isOn, let definition = Registry.collectors.first(where: { $0.name == value.collector }) else {
      return .hidden
    }
    let summary = definition.summary.prefix(1).uppercased() + definition.summary.dropFirst()
    return "\(summary). (default: \(definition.isOnByDefault ? "on" : "off"))"
  }
}
