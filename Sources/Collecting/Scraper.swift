package import Exposition

/// A collector's name and whether it runs, for the landing page and `wattprobe collectors`.
package struct CollectorState: Sendable, Hashable {
  package let name: String
  package let summary: String
  /// nil where it runs.
  package let failure: CollectorFailure?

  package init(name: String, summary: String, failure: CollectorFailure?) {
    self.name = name
    self.summary = summary
    self.failure = failure
  }
}

/// Which collectors a scrape asks for: `collect[]` and `exclude[]` of the query.
package struct CollectorSelection: Sendable, Hashable {
  /// Empty: all.
  package var collect: Set<String>
  package var exclude: Set<String>

  package init(collect: Set<String> = [], exclude: Set<String> = []) {
    self.collect = collect
    self.exclude = exclude
  }

  package func contains(_ name: String) -> Bool {
    (collect.isEmpty || collect.contains(name)) && !exclude.contains(name)
  }
}

/// What the program is stuck in.
package struct Hang: Sendable, Hashable {
  package let collector: String
  package let seconds: UInt64

  package init(collector: String, seconds: UInt64) {
    self.collector = collector
    self.seconds = seconds
  }
}

/// What the web server needs of the collectors: their states and a snapshot on demand.
///
/// `collect` blocks for as long as reading takes; it is called on one thread of its own, never on the event loop.
package protocol SnapshotSource: Sendable {
  /// Every registered collector, also those that are off or failed.
  var states: [CollectorState] { get }
  /// Whether every program that could be attached is attached.
  var isReady: Bool { get }
  /// What has been read for so long that nothing else can be; nil where all is well.
  var hang: Hang? { get }
  /// What there is of a collection of the same selection that goes on, without what it waits for; nil where none does.
  func partial(of selection: CollectorSelection) -> [Snapshot]?
  /// Reads the selected collectors: a part of each, no family in two of them. Unknown names were refused before.
  func collect(_ selection: CollectorSelection) -> [Snapshot]
}
