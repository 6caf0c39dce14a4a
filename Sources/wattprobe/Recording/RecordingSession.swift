import Collecting
import Collectors
import Glibc
import Host
import Recording

/// One recording, from its first collection to its last.
struct RecordingSession {
  /// How a recording ended.
  struct Ended {
    let path: String
    let collections: Int64
    let gaps: Int64
    let bytes: UInt64
    /// Why before its time; nil: it was told to, or is as long as it was to be.
    var failure: RecordingError?
    /// Whether it is as large as it may be.
    var isFull = false

    /// What there is of it, after a failure.
    var kept: String {
      collections == 0
        ? "nothing was recorded"
        : "the \(collections) collections before it are kept in \(path)"
          + (access(path + "-wal", F_OK) == 0 ? " with \(path)-wal: copy both together" : "")
    }

    /// Says so to people.
    func report(to output: String) {
      let gaps = gaps == 0 ? "" : ", \(gaps) with a gap before them"
      RecordingProgress.end("\(output): \(collections) collections\(gaps), \(RecordingProgress.size(bytes)) recorded")
      // what ends it before it was meant to is told whoever reads
      if isFull { Terminal.write("\(output): ended, as it has the size of --max-size\n", to: STDERR_FILENO) }
    }
  }

  let path: String
  /// Nanoseconds.
  let interval: UInt64
  let duration: UInt64?
  /// Bytes; nil: no limit.
  let limit: UInt64?

  /// What a reader wants to know of it.
  private func about(_ collectors: CollectorSet) -> [(key: String, value: String)] {
    let running = collectors.states.filter { $0.failure == nil }.map(\.name)
    return [
      ("version", Version.number), ("revision", Version.revision), ("host", Kernel.hostName),
      ("kernel", Kernel.release), ("cpus", "\(sysconf(Int32(_SC_NPROCESSORS_ONLN)))"),
      ("interval_ns", "\(interval)"), ("collectors", running.joined(separator: ",")),
    ]
  }

  /// Throws where it could not even begin.
  func run(_ collectors: LocalCollectors, until ending: borrowing EndingSignals) throws -> Ended {
    var writer = try RecordingWriter(path, about: about(collectors.set))
    let progress = RecordingProgress(duration: duration)
    // what is sampled as often is sampled a little before
    let start = MonotonicClock.now + interval / 10
    let (end, isEndless) = start.addingReportingOverflow(duration ?? .max)
    var plan = CollectionPlan(start: start, end: isEndless ? .max : end, interval: interval)
    var failure: RecordingError?
    var isFull = false
    do throws(RecordingError) {
      while !wait(collectors, until: plan.due, ending) {
        let missed = plan.missed(at: MonotonicClock.now)
        try Self.collect(collectors, into: &writer, missed: missed)
        let bytes = Self.bytes(path)
        progress.show(writer, bytes: bytes, elapsed: MonotonicClock.now &- start)
        if let limit, bytes >= limit { isFull = true }
        guard !isFull, plan.advance() else { break }
      }
      if ending.isSignalled {
        try Self.collect(collectors, into: &writer, missed: 0)
      }
      try writer.finish()
    } catch {
      failure = error
    }
    return Ended(
      path: path, collections: writer.collections, gaps: writer.gaps, bytes: Self.bytes(path), failure: failure,
      isFull: isFull)
  }

  /// The time of a collection is that of its beginning, as its lateness is.
  private static func collect(
    _ collectors: LocalCollectors, into writer: inout RecordingWriter, missed: UInt64
  ) throws(RecordingError) {
    let instant = Clocks.now
    try writer.write(collectors.set.collect(CollectorSelection()), at: instant, missed: missed)
  }

  /// Whether it is to end.
  private func wait(
    _ collectors: LocalCollectors, until deadline: UInt64, _ ending: borrowing EndingSignals
  ) -> Bool {
    while true {
      switch collectors.wait(until: deadline, for: ending.descriptor.rawValue) {
      case .due: return false
      case .readable: return true
      case .interrupted: continue
      }
    }
  }

  /// Of the file and of the log beside it.
  private static func bytes(_ path: String) -> UInt64 {
    [path, path + "-wal"].reduce(0) { sum, path in
      var status = stat()
      return stat(path, &status) == 0 ? sum &+ UInt64(clamping: status.st_size) : sum
    }
  }
}

/// When collections are due: at whole intervals after the first, and one at the end.
struct CollectionPlan {
  /// When the next one is, on CLOCK_MONOTONIC in nanoseconds, as all of it.
  private(set) var due: UInt64
  private let end: UInt64
  private let interval: UInt64

  init(start: UInt64, end: UInt64, interval: UInt64) {
    due = start
    self.end = end
    self.interval = interval
  }

  /// How many that were due after the one that begins at `now` was will never be; the next one comes after them.
  mutating func missed(at now: UInt64) -> UInt64 {
    guard now > due else { return 0 }
    let missed = (now - due) / interval
    due &+= missed &* interval
    return missed
  }

  /// Goes on to the next one; false: that was the last.
  mutating func advance() -> Bool {
    guard due < end else { return false }
    let (next, isBeyond) = due.addingReportingOverflow(interval)
    due = isBeyond ? end : min(next, end)
    return true
  }
}

/// The clocks that gaps are told by.
enum Clocks {
  /// Readings that lie apart by less are of one moment, in nanoseconds.
  private static let together: UInt64 = 100_000
  private static let attempts = 8

  /// All at one moment, as nearly as the scheduler lets it.
  static var now: Instant {
    var best = read()
    for _ in 1..<attempts where best.width > together {
      let other = read()
      if other.width < best.width { best = other }
    }
    return best.instant
  }

  private static func read() -> (instant: Instant, width: UInt64) {
    let before = MonotonicClock.now
    let instant = Instant(realtime: RealtimeClock.now, monotonic: before, boottime: MonotonicClock.sinceBoot)
    return (instant, MonotonicClock.now - before)
  }
}
