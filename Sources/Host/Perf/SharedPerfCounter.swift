import CHost
import Glibc

/// One perf event that counts on one CPU for as long as this lives, scaled up for the times it had to leave the hardware to
/// others: perf's own estimate, count · enabled / running (perf_event_open(2)), interval by interval, so that it never falls.
package struct SharedPerfCounter: ~Copyable {
  /// What one reading gives: the count, and for how many nanoseconds the event was enabled and counting.
  package struct Figures: Sendable, Hashable {
    package var count: UInt64 = 0
    package var enabled: UInt64 = 0
    package var running: UInt64 = 0

    package init(count: UInt64 = 0, enabled: UInt64 = 0, running: UInt64 = 0) {
      self.count = count
      self.enabled = enabled
      self.running = running
    }
  }

  /// The event's descriptor, for programs in the kernel to read it by.
  package private(set) var descriptor: CInt
  /// The scaled count as of the last reading.
  package var value: UInt64 { scaled.value }
  private var scaled = ScaledCount()
  /// For how long it had been enabled at the last reading.
  private var enabled: UInt64?

  /// Opens an event: the descriptor, or the negated `errno`; pinned ones are always on the hardware, or fail.
  package typealias Open = @Sendable (_ type: UInt32, _ config: UInt64, _ cpu: Int, _ isPinned: Bool) -> CInt

  /// `perf_event_open(2)`.
  package static let systemOpen: Open = { chost_perf_open_shared($0, $1, CInt($2), $3) }

  /// Opens the event; `name` is what errors call it. One that should be pinned and finds no room is not.
  ///
  /// ENOENT and EOPNOTSUPP mean that the machine has no such event, EACCES and EPERM that CAP_PERFMON is missing.
  package init(
    type: UInt32, config: UInt64, cpu: Int, name: String, isPinned: Bool = false, open: Open = systemOpen
  ) throws(SystemError) {
    descriptor = try Self.descriptor(type, config, cpu, name: name, isPinned: isPinned, open: open)
    _ = read()
  }

  deinit { close(descriptor) }

  private static func descriptor(
    _ type: UInt32, _ config: UInt64, _ cpu: Int, name: String, isPinned: Bool, open: Open
  ) throws(SystemError) -> CInt {
    var result = open(type, config, cpu, isPinned)
    if isPinned, result >= 0, figures(of: result) == nil {
      close(result)
      result = open(type, config, cpu, false)
    }
    guard result >= 0 else { throw SystemError(-result, call: "perf_event_open", path: name) }
    return result
  }

  static func figures(of descriptor: CInt) -> Figures? {
    var figures = Figures()
    let size = withUnsafeMutableBytes(of: &figures) { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    return size == MemoryLayout<Figures>.size ? figures : nil
  }

  /// Brings the scaled count up to now. While the event is off the hardware it stays as it was: the next reading makes up
  /// for it.
  ///
  /// - Returns: false where the event has ended: as its CPU goes offline perf takes it away for good, and what is read of it
  ///   from then on is what it ended with.
  package mutating func read() -> Bool {
    guard let figures = Self.figures(of: descriptor) else { return false }
    defer { enabled = figures.enabled }
    if let enabled, figures.enabled == enabled { return false }
    scaled.advance(to: figures)
    return true
  }

  /// Opens the event anew, to go on from where it ended.
  package mutating func reopen(
    type: UInt32, config: UInt64, cpu: Int, name: String, isPinned: Bool, open: Open
  ) throws(SystemError) {
    let fresh = try Self.descriptor(type, config, cpu, name: name, isPinned: isPinned, open: open)
    close(descriptor)
    descriptor = fresh
    scaled.restart()
    enabled = nil
    _ = read()
  }
}

/// A count that is scaled up, reading by reading, by the part of the time it was not counting.
package struct ScaledCount: Sendable {
  package private(set) var value: UInt64 = 0
  private var last = SharedPerfCounter.Figures()

  package init() {}

  /// The next figures are of an event that began anew.
  package mutating func restart() { last = SharedPerfCounter.Figures() }

  /// Goes on to `now`. While the event never counted nothing is known: the next reading covers that time too.
  package mutating func advance(to now: SharedPerfCounter.Figures) {
    guard now.running > last.running, now.count >= last.count, now.enabled >= last.enabled else { return }
    let enabled = now.enabled - last.enabled
    let running = now.running - last.running
    let (high, low) = (now.count - last.count).multipliedFullWidth(by: enabled)
    // the quotient fits: an event is enabled for at most 2^64 ns, and counting for at least one
    if high < running { value &+= running.dividingFullWidth((high, low)).quotient }
    last = now
  }
}
