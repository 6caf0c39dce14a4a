import Collecting
import Exposition
import Glibc
import Synchronization

/// A source whose collections can be counted and held up.
final class FakeSource: SnapshotSource {
  private struct State {
    var collections: [CollectorSelection] = []
    var questions = 0
    var isHeld = false
    var isReady = true
    var hang: Hang?
    /// Whether a collection that is held has something already.
    var hasPart = true
  }

  static let family = Family("collection_number", .gauge, help: "Counts up.")
  static let collectors = [
    CollectorState(name: "cpu", summary: "CPU time", failure: nil),
    CollectorState(
      name: "disk", summary: "Block I/O",
      failure: CollectorFailure(.disabled, "off by default", cure: "--collector.disk")),
    CollectorState(
      name: "pmu", summary: "Cycles",
      failure: CollectorFailure(.absent, "no hardware events", cure: "run on the machine itself")),
    CollectorState(
      name: "power", summary: "Joules <&> watts",
      failure: CollectorFailure(.permission, "cannot open <b>\"energy_uj\"</b>", cure: "run as 'root' & retry")),
  ]

  private let state = Mutex(State())

  init(isHeld: Bool = false, isReady: Bool = true) {
    state.withLock {
      $0.isHeld = isHeld
      $0.isReady = isReady
    }
  }

  var states: [CollectorState] {
    state.withLock { $0.questions += 1 }
    return Self.collectors
  }

  var isReady: Bool { state.withLock { $0.isReady } }
  /// The selections collected so far, the running one included.
  var collections: [CollectorSelection] { state.withLock { $0.collections } }
  /// How often the states were asked for, which every scrape with a selection does once.
  var questions: Int { state.withLock { $0.questions } }

  /// Lets the collection that waits, and all later ones, go on.
  func release() { state.withLock { $0.isHeld = false } }
  func hold() { state.withLock { $0.isHeld = true } }

  var hang: Hang? {
    get { state.withLock { $0.hang } }
    set { state.withLock { $0.hang = newValue } }
  }
  var hasPart: Bool {
    get { state.withLock { $0.hasPart } }
    set { state.withLock { $0.hasPart = newValue } }
  }

  /// The negative number of the collection that is held.
  func partial(of selection: CollectorSelection) -> [Snapshot]? {
    let number = state.withLock { $0.hasPart && $0.collections.last == selection ? $0.collections.count : nil }
    guard let number else { return nil }
    var writer = SampleWriter()
    writer.begin(Self.family)
    writer.integer(Int64(-number))
    return [writer.finish()]
  }

  func collect(_ selection: CollectorSelection) -> [Snapshot] {
    let number = state.withLock { state in
      state.collections.append(selection)
      return state.collections.count
    }
    while state.withLock({ $0.isHeld }) { usleep(1000) }
    var writer = SampleWriter()
    writer.begin(Self.family)
    writer.integer(Int64(number))
    return [writer.finish()]
  }
}

/// Counts renderings and writes the number of the collection, whatever the real encoders do.
final class FakeEncoder: Sendable {
  private let calls = Mutex(0)
  /// The size of what the first collection is written as.
  private let firstBytes: Int
  private let otherBytes: Int

  init(firstBytes: Int = 0, others: Int = 0) {
    self.firstBytes = firstBytes
    otherBytes = others
  }

  var renderings: Int { calls.withLock { $0 } }

  static func text(_ number: Int64, _ format: ExpositionFormat) -> String { "collection \(number) as \(format)\n" }

  func encode(_ parts: [Snapshot], _ format: ExpositionFormat, _ body: ([UInt8]) -> Void) {
    calls.withLock { $0 += 1 }
    guard case .integer(let number)? = parts.first?.samples.first?.value else { return }
    var bytes = Array(Self.text(number, format).utf8)
    let size = number == 1 ? firstBytes : otherBytes
    if bytes.count < size { bytes.append(contentsOf: repeatElement(UInt8(ascii: "x"), count: size - bytes.count)) }
    body(bytes)
  }
}
