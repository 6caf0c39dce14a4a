import Glibc
import Readings

/// Where the view's readings come from.
protocol ReadingSource {
  /// The machine that is watched.
  var host: String { get }
  var isRemote: Bool { get }
  /// Can be read once a reading has come; nil: it comes while it is asked for.
  var descriptor: Int32? { get }
  /// Asks for a reading, unless one is on its way.
  mutating func ask()
  /// The reading that has come; nil where none has.
  mutating func take() -> Result<Reading, StartError>?
  /// Until `deadline` (CLOCK_MONOTONIC in nanoseconds), or until there is something to read.
  func wait(until deadline: UInt64, for descriptor: Int32?)
  /// Which process started which, above these processes; nil where that cannot be known.
  func parents(of processes: [UInt32]) -> [UInt32: UInt32]?
}
