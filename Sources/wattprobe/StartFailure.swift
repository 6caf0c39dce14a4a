import Collecting
import Logging

/// Why collectors could not start: those that fail for one reason and have one cure are told in one line.
struct StartFailure {
  private(set) var collectors: [String]
  private(set) var failure: CollectorFailure

  /// Failures with the same reason, cure and error are one, in the order of the first of each.
  static func grouped(_ failures: [(collector: String, failure: CollectorFailure)]) -> [StartFailure] {
    var groups: [StartFailure] = []
    for (collector, failure) in failures {
      if let index = groups.firstIndex(where: { $0.isLike(failure) }) {
        groups[index].add(collector, failure)
      } else {
        groups.append(StartFailure(collectors: [collector], failure: failure))
      }
    }
    return groups
  }

  private func isLike(_ other: CollectorFailure) -> Bool {
    failure.reason == other.reason && failure.cure == other.cure
      && Self.parts(failure.message).error == Self.parts(other.message).error
  }

  /// `cannot load the eBPF object sched: Operation not permitted`, and the same of another object, are
  /// `cannot load the eBPF object: Operation not permitted`.
  private mutating func add(_ collector: String, _ other: CollectorFailure) {
    collectors.append(collector)
    guard other.message != failure.message else { return }
    let (action, error) = Self.parts(failure.message)
    let words = zip(action.split(separator: " "), Self.parts(other.message).action.split(separator: " "))
      .prefix { $0 == $1 }.map(\.0)
    let message = words.isEmpty ? String(error) : words.joined(separator: " ") + ": " + error
    failure = CollectorFailure(failure.reason, message, cure: failure.cure)
  }

  /// What was tried, and the error behind the last colon.
  private static func parts(_ message: String) -> (action: Substring, error: Substring) {
    guard let colon = message.lastIndex(of: ":") else { return ("", message[...]) }
    return (message[..<colon], message[message.index(after: colon)...].drop { $0 == " " })
  }

  func log(to logger: Logger) {
    let isOne = collectors.count == 1
    logger.log(
      // a missing sensor is nothing to worry about
      level: failure.reason == .absent ? .info : .error,
      isOne ? "collector is not available" : "collectors are not available",
      metadata: [
        isOne ? "collector" : "collectors": "\(collectors.joined(separator: ", "))", "cause": "\(failure.message)",
        "cure": "\(failure.cure)",
      ])
  }
}
