import ArgumentParser
import Collecting
import Collectors
import Glibc
import Logging

/// Says of each collector whether it can run here.
struct ListCollectors: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "collectors", abstract: "List the collectors: which are on, which can run here, what the others lack.",
    discussion: "Takes the options of wattprobe, too, for what they change: see 'wattprobe --help'.")

  @ParentCommand var exporter: Wattprobe

  @Flag(help: "Print the metric reference instead: every metric of every collector, in Markdown.")
  var markdown = false

  @MainActor
  func list() throws {
    if markdown {
      Terminal.write(MetricReference.markdown, to: STDOUT_FILENO)
      return
    }
    var options = try exporter.collecting.options()
    let on = options.enabled
    // each is tried, also one that is off
    options.enabled = Set(Registry.collectors.map(\.name))
    var logger = Logger(label: "wattprobe", factory: { _ in SwiftLogNoOpLogHandler() })
    logger.logLevel = .critical
    let states = CollectorSet.starting(options, statistics: nil, budget: .off, logger: logger).states
    print(Self.table(states, on: on))
  }

  /// One line a collector: name, on or off, whether it can run, what it shows or what is missing.
  static func table(_ states: [CollectorState], on: Set<String>) -> String {
    let width = states.map(\.name.count).max() ?? 0
    return states.map { state in
      let name = state.name + String(repeating: " ", count: width - state.name.count)
      let chosen = on.contains(state.name) ? "on " : "off"
      guard let failure = state.failure else { return "\(name)  \(chosen)  can run     \(state.summary)" }
      return "\(name)  \(chosen)  cannot run  \(failure.message): \(failure.cure)"
    }.joined(separator: "\n")
  }
}
