package import Exposition

/// Reads one subsystem and writes its families. Lives on the collection thread alone, so it needs no locks.
package protocol Collector: AnyObject {
  /// Writes the collector's families as they stand now, at most those its definition lists, each begun once.
  ///
  /// A failure that concerns one device or sensor only is the collector's own matter (the series is absent); what it throws
  /// marks the whole collector as failed in this scrape, and nothing it wrote is served.
  func collect(into writer: inout SampleWriter) throws(CollectorFailure)

  /// Why it has nothing to show now, though it runs and goes on looking; nil where it has. It is for things that come and go:
  /// a sensor that does not count.
  var unavailability: CollectorFailure? { get }
}

extension Collector {
  package var unavailability: CollectorFailure? { nil }
}

/// Why a collector cannot start or could not be read.
package struct CollectorFailure: Error, Hashable {
  /// The `reason` label of `collector_up`: one word from a small fixed set, such as `permission`, `btf`, `hook`, `absent`.
  package let reason: StaticReason
  /// What failed and why, naming the thing: `cannot load sched_switch: Operation not permitted`.
  package let message: String
  /// What would cure it: `run as root or grant CAP_BPF and CAP_PERFMON`.
  package let cure: String

  package init(_ reason: StaticReason, _ message: String, cure: String) {
    self.reason = reason
    self.message = message
    self.cure = cure
  }
}

extension CollectorFailure {
  /// Whether something is wrong: neither switched off, by whomever, nor missing on this machine.
  package var isFault: Bool { reason != .disabled && reason != .absent && reason != .budget }
}

/// The values of the `reason` label of `collector_up`.
package enum StaticReason: String, Sendable, CaseIterable {
  /// Runs.
  case none = ""
  /// Switched off on the command line or off by default.
  case disabled
  /// A privilege is missing.
  case permission
  /// The kernel has no BTF.
  case btf
  /// The kernel refused or lacks a hook.
  case hook
  /// The thing to measure does not exist on this machine.
  case absent
  /// Reading failed.
  case read
  /// Reading takes too long: it goes on, and the scrape without it.
  case slow
  /// Shed, so that the program stays within `--budget.cpu`.
  case budget
}

/// What the registry knows of a collector before it exists. `Environment` is what collectors are made from.
package struct CollectorDefinition<Environment>: Sendable {
  /// As in `--collector.<name>`.
  package let name: String
  /// One line for the command line and the landing page.
  package let summary: String
  package let isOnByDefault: Bool
  /// What a reader of the metric reference must know beyond the families' help: Markdown.
  package let notes: String
  package let families: [Family]
  /// Collectors that are made, and collected, before this one where they are on, wherever the registry lists them: it asks
  /// for what they have.
  package let after: [String]
  /// Whether `make` runs in another thread, while others are made: of the environment it uses only what is safe to use there,
  /// and it is `after` none.
  package let isIndependent: Bool
  package let make: @Sendable (Environment) throws(CollectorFailure) -> any Collector

  package init(
    name: String, summary: String, isOnByDefault: Bool, notes: String = "", families: [Family],
    after: [String] = [], isIndependent: Bool = false,
    make: @escaping @Sendable (Environment) throws(CollectorFailure) -> any Collector
  ) {
    self.name = name
    self.summary = summary
    self.isOnByDefault = isOnByDefault
    self.notes = notes
    self.families = families
    self.after = after
    self.isIndependent = isIndependent
    self.make = make
  }
}

/// The order in which collectors are made and collected: each one's `after` come before it, otherwise as they are listed.
package func startOrder<Environment>(
  of definitions: [CollectorDefinition<Environment>]
) -> [CollectorDefinition<Environment>] {
  var ordered: [CollectorDefinition<Environment>] = []
  var visited: Set<String> = []
  func visit(_ definition: CollectorDefinition<Environment>) {
    // a cycle ends where it began
    guard visited.insert(definition.name).inserted else { return }
    for name in definition.after { definitions.first { $0.name == name }.map(visit) }
    ordered.append(definition)
  }
  definitions.forEach(visit)
  return ordered
}
