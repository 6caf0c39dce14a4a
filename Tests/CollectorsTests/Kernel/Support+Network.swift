import Foundation
import Testing

@testable import Collectors

/// Two network namespaces joined by a pair of virtual Ethernet devices; gone with this object, and with the test process
/// however that ends.
final class VethPair {
  struct Failed: Error {
    let command: String
    let output: String
  }

  /// What the kernel itself counts of a device.
  struct DeviceFigures {
    var receivedBytes: UInt64 = 0
    var received: UInt64 = 0
    var sentBytes: UInt64 = 0
    var sent: UInt64 = 0
  }

  /// The processes that hold the namespaces.
  let left: Load
  let right: Load
  let leftDevice: String
  let rightDevice: String

  /// No other device on the machine has these names: devices of the same name share a series.
  static func name(_ tag: String) -> String { "wp\(tag)\(getpid() % 100_000)" }

  /// Of transmit queues on either side.
  private let queues: Int

  init(queues: Int = 1) throws {
    self.queues = queues
    left = try Load("network-namespace")
    right = try Load("network-namespace")
    leftDevice = Self.name("a")
    rightDevice = Self.name("b")
    try connect()
  }

  /// Makes the pair (anew), 10.231.0.1 and fd31::1 to the left, 10.231.0.2 and fd31::2 to the right.
  func connect() throws {
    try run(
      "ip", "link", "add", leftDevice, "numtxqueues", "\(queues)", "netns", "\(left.pid)", "type", "veth", "peer",
      "name",
      rightDevice, "numtxqueues", "\(queues)", "netns", "\(right.pid)")
    for (side, device, host) in [(left, leftDevice, 1), (right, rightDevice, 2)] {
      try run(in: side, "ip", "addr", "add", "10.231.0.\(host)/24", "dev", device)
      try run(in: side, "ip", "addr", "add", "fd31::\(host)/64", "dev", device, "nodad")
      try run(in: side, "ip", "link", "set", device, "up")
    }
  }

  /// Runs a command in the network namespace of `side`; its output.
  @discardableResult
  func run(in side: Load, _ words: String...) throws -> String {
    try run(in: side, words: words)
  }

  @discardableResult
  func run(in side: Load, words: [String]) throws -> String {
    try Self.run(["nsenter", "-t", "\(side.pid)", "-n"] + words)
  }

  /// A load in the network namespace of `side`.
  func load(in side: Load, _ mode: String, _ arguments: Any...) throws -> Load {
    try Load(network: side.pid, mode, arguments)
  }

  private func run(_ words: String...) throws { try Self.run(words) }

  @discardableResult
  private static func run(_ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    let output = Pipe()
    process.standardOutput = output
    process.standardError = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    if process.terminationStatus != 0 { throw Failed(command: words.joined(separator: " "), output: text) }
    return text
  }

  /// `/proc/net/dev` of both namespaces, by name; `lo` is that of the machine itself and both.
  func devices() throws -> [String: DeviceFigures] {
    try Self.devices(of: ["self", "\(left.pid)", "\(right.pid)"])
  }

  /// Those of the machine itself.
  static func devicesOfHost() throws -> [String: DeviceFigures] { try devices(of: ["self"]) }

  private static func devices(of processes: [String]) throws -> [String: DeviceFigures] {
    var result: [String: DeviceFigures] = [:]
    for process in processes {
      let text = try String(contentsOfFile: "/proc/\(process)/net/dev", encoding: .utf8)
      for line in text.split(separator: "\n").dropFirst(2) {
        let parts = line.split(separator: ":", maxSplits: 1)
        let words = parts[1].split(separator: " ").compactMap { UInt64($0) }
        var figures = result[parts[0].trimmingCharacters(in: .whitespaces)] ?? DeviceFigures()
        figures.receivedBytes += words[0]
        figures.received += words[1]
        figures.sentBytes += words[8]
        figures.sent += words[9]
        result[parts[0].trimmingCharacters(in: .whitespaces)] = figures
      }
    }
    return result
  }

  /// `/proc/net/snmp` of the machine itself and both namespaces, added up: `Tcp.ActiveOpens`.
  func statistics() throws -> [String: UInt64] {
    var result: [String: UInt64] = [:]
    for process in ["self", "\(left.pid)", "\(right.pid)"] {
      let text = try String(contentsOfFile: "/proc/\(process)/net/snmp", encoding: .utf8)
      let lines = text.split(separator: "\n").map { $0.split(separator: " ") }
      for (names, values) in zip(lines, lines.dropFirst()) where names[0] == values[0] && UInt64(values[1]) != nil {
        for (name, value) in zip(names, values).dropFirst() {
          result["\(names[0].dropLast()).\(name)", default: 0] += UInt64(value) ?? 0
        }
      }
    }
    return result
  }
}

/// The collector net with series for the devices of both sides of a pair.
func netCollectors(_ change: (inout NetOptions) -> Void = { _ in }) throws -> LiveCollectors {
  try LiveCollectors(["net"]) {
    $0.net.includesAllNamespaces = true
    change(&$0.net)
  }
}

/// What is wrong in one playing of a scene.
struct Findings {
  private(set) var problems: [String] = []

  mutating func expect(_ isFine: Bool, _ what: String) { if !isFine { problems.append(what) } }

  mutating func expect(_ what: String, _ value: UInt64, atLeast least: UInt64) {
    expect(value >= least, "\(what): \(value), not \(least) at least")
  }

  mutating func expect(_ what: String, _ value: UInt64, atMost most: UInt64) {
    expect(value <= most, "\(what): \(value), more than \(most)")
  }

  mutating func expect(_ what: String, _ value: UInt64, is other: UInt64) {
    expect(value == other, "\(what): \(value), not \(other)")
  }

  /// Not one more nor less than the kernel says.
  mutating func expectExactly(_ what: String, _ value: UInt64, _ range: ClosedRange<UInt64>) {
    if let problem = disagreement(what, value, range, within: 0) { problems.append(problem) }
  }
}

/// Plays a scene until nothing is wrong in it, at most six times: what holds to the packet in a quiet moment may not while
/// others work the machine.
func expectExactSoon(
  sourceLocation: SourceLocation = #_sourceLocation, _ scene: (inout Findings) throws -> Void
) throws {
  var findings = Findings()
  for _ in 0..<6 {
    findings = Findings()
    try scene(&findings)
    if findings.problems.isEmpty { return }
    pause(seconds: 0.5)
  }
  #expect(findings.problems == [], sourceLocation: sourceLocation)
}
