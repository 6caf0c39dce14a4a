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
  package let descriptor: CInt
  private var scaled = ScaledCount()

  /// Opens the event; `name` is what errors call it.
  ///
  /// ENOENT and EOPNOTSUPP mean that the machine has no such event, EACCES and EPERM that CAP_PERFMON is missing.
  package init(type: UInt32, config: UInt64, cpu: Int, name: String) throws(SystemError) {
    let result = chost_perf_open_shared(type, config, CInt(cpu))
    guard result >= 0 else { throw SystemError(-result, call: "perf_event_open", path: name) }
    descriptor = result
  }

  deinit { close(descriptor) }

  /// The scaled count up to now. A reading that fails leaves it as it was: the next one makes up for it.
  package mutating func read() -> UInt64 {
    var figures = Figures()
    let size = withUnsafeMutableBytes(of: &figures) { Glibc.read(descriptor, $0.baseAddress, $0.count) }
    if size == MemoryLayout<Figures>.size { scaled.advance(to: figures) }
    return scaled.value
  }
}

/// A count that is scaled up, reading by reading, by the part of the time it was not counting.
package struct ScaledCount: Sendable {
  package private(set) var value: UInt64 = 0
  private var last = SharedPerfCounter.Figures()

  package init() {}

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
