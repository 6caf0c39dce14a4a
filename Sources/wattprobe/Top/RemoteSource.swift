import Glibc
import Host
import Readings
import Synchronization
import TerminalView
import Web

/// Reads the exporter of another machine.
struct RemoteSource: ReadingSource {
  /// What the client's thread hands over.
  private final class Mailbox: Sendable {
    let event: EventDescriptor
    let result = Mutex<Result<Reading, StartError>?>(nil)

    init() throws(SystemError) { event = try EventDescriptor() }

    func put(_ reading: Result<Reading, StartError>) {
      result.withLock { $0 = reading }
      event.signal()
    }
  }

  private let client: ExporterClient
  private let mailbox: Mailbox
  private var isAsking = false

  let host: String
  let isRemote = true
  var descriptor: Int32? { mailbox.event.rawValue }

  init(_ address: ExporterAddress, authorities: String?, credentials: String?) throws {
    do {
      client = try ExporterClient(
        address.asking(for: FamilyName.collectors), authorities: authorities, credentials: credentials)
    } catch {
      throw StartError(error.message, cure: error.cure)
    }
    mailbox = try Mailbox()
    host = "\(address)"
  }

  mutating func ask() {
    if isAsking { return }
    isAsking = true
    client.fetch { [mailbox, host] answer in
      let time = MonotonicClock.now
      mailbox.put(
        answer.mapError { StartError($0.message, cure: $0.cure) }.flatMap { Self.reading($0, from: host, at: time) })
    }
  }

  private static func reading(
    _ answer: ExporterClient.Answer, from host: String, at time: UInt64
  ) -> Result<Reading, StartError> {
    do throws(ExpositionError) {
      return .success(try Reading(answer.body, format: answer.format, keeping: FamilyName.all, time: time))
    } catch {
      return .failure(
        StartError("what \(host) answers cannot be read: \(error)", cure: "see that the path is that of its metrics"))
    }
  }

  mutating func take() -> Result<Reading, StartError>? {
    guard
      let result = mailbox.result.withLock({ result in
        defer { result = nil }
        return result
      })
    else { return nil }
    mailbox.event.clear()
    isAsking = false
    return result
  }

  func wait(until deadline: UInt64, for descriptor: Int32?) {
    let now = MonotonicClock.now
    if now >= deadline { return }
    var polled = pollfd(fd: descriptor ?? mailbox.event.rawValue, events: Int16(POLLIN), revents: 0)
    _ = poll(&polled, 1, Int32(clamping: (deadline - now + 999_999) / 1_000_000))
  }

  func parents(of processes: [UInt32]) -> [UInt32: UInt32]? { nil }
}
