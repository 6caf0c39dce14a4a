internal import ByteText

/// Power of a package estimated from what it does, for machines without a sensor:
/// `watts = idle + Σ coefficient × activity`.
package struct PowerModel: Sendable, Hashable {
  /// Watts of a package at rest, whatever its size.
  package var idleWatts = 0.0
  /// Watts at rest for each CPU that is online.
  package var idleWattsPerCPU = 0.0
  /// Watts more when all CPUs of a package are busy.
  package var busyWatts = 0.0
  /// Watts more for each CPU that is busy.
  package var busyWattsPerCPU = 0.0
  /// Joules of one system call: watts for each call a second.
  package var joulesPerSystemCall = 0.0
  package var joulesPerContextSwitch = 0.0
  /// Joules of one packet, received or sent.
  package var joulesPerPacket = 0.0

  package init() {}

  /// What a package did in some time. Counts are fractions where the machine's are shared among its packages.
  package struct Work: Sendable, Hashable {
    package var seconds = 0.0
    package var cpus = 0
    /// CPU time other than idle, summed over the package's CPUs.
    package var busySeconds = 0.0
    package var systemCalls = 0.0
    package var contextSwitches = 0.0
    package var packets = 0.0

    package init() {}
  }

  package func joules(of work: Work) -> Double {
    let cpus = Double(work.cpus)
    var joules = (idleWatts + idleWattsPerCPU * cpus) * work.seconds
    joules += (busyWattsPerCPU + (work.cpus > 0 ? busyWatts / cpus : 0)) * work.busySeconds
    joules += joulesPerSystemCall * work.systemCalls
    joules += joulesPerContextSwitch * work.contextSwitches
    joules += joulesPerPacket * work.packets
    return joules
  }
}

/// What is wrong with a file of coefficients, and where: line and column from 1.
package struct PowerModelError: Error, Hashable, CustomStringConvertible {
  package let path: String
  package let line: Int
  package let column: Int
  package let message: String

  /// `model.conf:3:8: …`
  package var description: String { "\(path):\(line):\(column): \(message)" }
}

extension PowerModel {
  /// The names in files, with what they set.
  private static var coefficients: [(name: String, member: WritableKeyPath<PowerModel, Double>)] {
    [
      ("idle_watts", \.idleWatts),
      ("idle_watts_per_cpu", \.idleWattsPerCPU),
      ("busy_watts", \.busyWatts),
      ("busy_watts_per_cpu", \.busyWattsPerCPU),
      ("joules_per_syscall", \.joulesPerSystemCall),
      ("joules_per_context_switch", \.joulesPerContextSwitch),
      ("joules_per_packet", \.joulesPerPacket),
    ]
  }

  /// No machine has more: a greater number is a slip.
  private static let largest = 100_000.0

  /// The model in a file: lines of `name = value`, comments from `#`. What is not named is 0.
  ///
  /// - Parameter path: names the file in errors.
  package init(parsing text: String, path: String) throws(PowerModelError) {
    var seen: [String: Int] = [:]
    var number = 0
    for line in text.split(at: "\n", omittingEmptySubsequences: false) {
      number += 1
      var cursor = Line(line, number: number, path: path)
      guard let name = cursor.word() else { continue }
      guard let known = Self.coefficients.first(where: { $0.name == name.text }) else {
        throw cursor.error(
          at: name.column,
          "there is no coefficient \"\(name.text)\"; they are \(Self.coefficients.map(\.name).joined(separator: ", "))")
      }
      if let earlier = seen.updateValue(number, forKey: known.name) {
        throw cursor.error(at: name.column, "\(known.name) is set in line \(earlier) already")
      }
      try cursor.equals()
      self[keyPath: known.member] = try cursor.value(upTo: Self.largest)
    }
    if seen.isEmpty {
      throw PowerModelError(
        path: path, line: 1, column: 1, message: "no coefficient: write one in each line, such as idle_watts = 20")
    }
  }

  /// One line, read from left to right. Columns count characters.
  private struct Line {
    private let characters: [Character]
    private let number: Int
    private let path: String
    private var position = 0

    init(_ line: Substring, number: Int, path: String) {
      var line = line.prefix { $0 != "#" }
      while let last = line.last, last.isWhitespace { line.removeLast() }
      characters = Array(line)
      self.number = number
      self.path = path
    }

    func error(at column: Int, _ message: String) -> PowerModelError {
      PowerModelError(path: path, line: number, column: column, message: message)
    }

    private mutating func skipSpaces() {
      while position < characters.count, characters[position].isWhitespace { position += 1 }
    }

    /// Up to a space or `=`; nil where nothing is left.
    mutating func word() -> (text: String, column: Int)? {
      skipSpaces()
      guard position < characters.count else { return nil }
      let start = position
      while position < characters.count, !characters[position].isWhitespace, characters[position] != "=" {
        position += 1
      }
      return (String(characters[start..<position]), start + 1)
    }

    mutating func equals() throws(PowerModelError) {
      skipSpaces()
      guard position < characters.count, characters[position] == "=" else {
        throw error(at: position + 1, "expected \"=\": write name = value")
      }
      position += 1
    }

    mutating func value(upTo largest: Double) throws(PowerModelError) -> Double {
      skipSpaces()
      let start = position
      let text = String(characters[start...])
      // Not what Double also reads: nan, inf, hexadecimal.
      guard !text.isEmpty, text.utf8.allSatisfy({ "0123456789.eE+-".utf8.contains($0) }), let value = Double(text)
      else {
        throw error(
          at: start + 1, text.isEmpty ? "the value is missing" : "\"\(text)\" is no number, such as 12.5 or 2e-6")
      }
      guard value >= 0, value <= largest else {
        throw error(at: start + 1, "\(text) is not from 0 to \(Int(largest))")
      }
      return value
    }
  }
}
