import Foundation
import Glibc
import Host

/// The kernel's own tracing (tracefs) in an instance of its own, which is gone with this object.
final class Trace {
  struct Failed: Error {
    let what: String
  }

  struct Event {
    let cpu: Int
    /// CLOCK_MONOTONIC, in whole microseconds.
    let nanoseconds: UInt64
    let name: Substring
    let fields: Substring
  }

  private static let root = "/sys/kernel/tracing"
  private let path: String

  /// - Parameter events: as `subsystem/event`.
  init(_ events: [String]) throws {
    Self.mount()
    path = Self.root + "/instances/wattprobe-\(getpid())"
    guard mkdir(path, 0o700) == 0 else { throw Failed(what: "mkdir \(path): \(String(cString: strerror(errno)))") }
    try set("tracing_on", "0")
    try set("trace_clock", "mono")
    try set("buffer_size_kb", "16384")
    for event in events { try set("events/\(event)/enable", "1") }
  }

  deinit {
    try? set("tracing_on", "0")
    try? set("events/enable", "0")
    rmdir(path)
  }

  /// The number of a tracepoint, by which perf_event_open(2) knows it.
  static func identifier(_ event: String) throws -> UInt64 {
    mount()
    let text = try String(contentsOfFile: "\(root)/events/\(event)/id", encoding: .utf8)
    guard let number = UInt64(text.trimmingCharacters(in: .whitespacesAndNewlines)) else { throw Failed(what: event) }
    return number
  }

  private static func mount() {
    if access(root + "/events", F_OK) != 0 { _ = Glibc.mount("none", root, "tracefs", 0, nil) }
  }

  /// Records while `body` runs, and forgets what was recorded before.
  func record(_ body: () throws -> Void) throws {
    close(open(path + "/trace", O_WRONLY | O_TRUNC))
    try set("tracing_on", "1")
    try body()
    try set("tracing_on", "0")
  }

  /// All that was recorded, in the order of time.
  func forEach(_ body: (Event) throws -> Void) throws {
    let text = try SmallFile.text(path + "/trace")
    for line in text.split(separator: "\n") where !line.hasPrefix("#") {
      // `  name-12  [001] d.h1.  123.456789: softirq_raise: vec=3 [action=NET_RX]`
      guard let open = line.range(of: " ["), let close = line.range(of: "] ", range: open.upperBound..<line.endIndex),
        let cpu = Int(line[open.upperBound..<close.lowerBound])
      else { throw Failed(what: "\(line)") }
      let words = line[close.upperBound...].split(separator: " ", maxSplits: 3)
      guard words.count > 2 else { throw Failed(what: "\(line)") }
      let time = words[1].dropLast().split(separator: ".")
      guard time.count == 2, let seconds = UInt64(time[0]), let micros = UInt64(time[1]) else {
        throw Failed(what: "\(line)")
      }
      try body(
        Event(
          cpu: cpu, nanoseconds: seconds * 1_000_000_000 + micros * 1_000, name: words[2].dropLast(),
          fields: words.count > 3 ? words[3] : ""))
    }
  }

  private func set(_ file: String, _ value: String) throws {
    let descriptor = open("\(path)/\(file)", O_WRONLY)
    let written = value.withCString { write(descriptor, $0, strlen($0)) }
    close(descriptor)
    guard written > 0 else { throw Failed(what: "\(path)/\(file) = \(value)") }
  }
}
