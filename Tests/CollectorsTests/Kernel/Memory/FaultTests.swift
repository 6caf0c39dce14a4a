import Collecting
import Foundation
import Glibc
import Host
import Logging
import Synchronization
import Testing

@testable import Collectors

extension KernelTests {
  /// Page faults of a known number against `/proc/vmstat`, from every source that this kernel has.
  @Suite(.serialized) struct FaultTests {
    private static let count: UInt64 = 20_000

    /// The collector, or nil where the kernel refuses the programs: then it must have said so.
    private func collectors(_ source: FaultOptions.Source) throws -> LiveCollectors? {
      do {
        return try LiveCollectors(["faults"]) { $0.faults.source = source }
      } catch let failure as CollectorFailure {
        #expect(source == .programs, "\(failure.message)")
        #expect(failure.reason == .hook || failure.reason == .permission)
        #expect(failure.message.contains("faults"))
        #expect(!failure.cure.isEmpty)
        return nil
      }
    }

    private func statistics() throws -> PageFaultStatistics { try PageFaultStatistics(paths: HostPaths()) }

    /// What `load` changed, checked against the kernel's own totals.
    private func change(
      _ collectors: LiveCollectors, _ mode: String, _ arguments: Any...
    ) throws -> Change<PageFaultStatistics> {
      let load = arguments.count > 1 ? try Load(mode, arguments[0], arguments[1]) : try Load(mode, arguments[0])
      let from = try collectors.read(beside: statistics)
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: statistics))
      expectAgreement("\(mode) faults", change.sum("page_faults"), change.kernel(\.total), within: 0.01)
      expectAgreement(
        "\(mode) major", change.sum("page_faults", ["kind": "major"]), change.kernel(\.major), within: 0.01, slack: 5)
      return change
    }

    @Test(arguments: FaultOptions.Source.allCases)
    func touchedPagesAreMinorFaultsOfTheUser(source: FaultOptions.Source) throws {
      guard let collectors = try collectors(source) else { return }
      let change = try change(collectors, "touch-pages", Self.count)
      #expect(change.sum("page_faults", ["kind": "minor", "mode": "user"]) >= Self.count)
      #expect(change.sum("page_faults", ["mode": "kernel"]) < Self.count / 4)
      #expect(change.sum("page_faults", ["kind": "major"]) < Self.count / 4)
    }

    @Test(arguments: FaultOptions.Source.allCases, ["read-into-pages", "lock-pages"])
    func pagesTheKernelTouchesAreItsMinorFaults(source: FaultOptions.Source, mode: String) throws {
      guard let collectors = try collectors(source) else { return }
      let change = try change(collectors, mode, Self.count)
      // perf and the totals are read one after the other: what happens in between may change sides, once
      #expect(change.sum("page_faults", ["kind": "minor", "mode": "kernel"]) >= Self.count * 95 / 100)
      #expect(change.sum("page_faults", ["kind": "major"]) < Self.count / 4)
    }

    @Test(arguments: FaultOptions.Source.allCases)
    func pagesReadFromStorageAreMajorFaults(source: FaultOptions.Source) throws {
      guard let collectors = try collectors(source) else { return }
      let change = try change(collectors, "read-pages-of-file", 3_000)
      let major = change.sum("page_faults", ["kind": "major", "mode": "user"])
      #expect(major >= 3_000)
      #expect(change.sum("page_faults", ["kind": "major", "mode": "kernel"]) < major / 4)
    }

    /// Programs that start fault in every way there is.
    @Test(arguments: FaultOptions.Source.allCases)
    func faultsOfProgramsThatStartAreAllThere(source: FaultOptions.Source) throws {
      guard let collectors = try collectors(source) else { return }
      let change = try change(collectors, "children", 300, "execs")
      #expect(change.sum("page_faults", ["mode": "user"]) >= 300 * 20)
      #expect(change.sum("page_faults", ["mode": "kernel"]) >= 300)
    }

    /// Times are there with the programs and only with them, one for each fault.
    @Test(arguments: FaultOptions.Source.allCases)
    func everyFaultIsTimedOrNone(source: FaultOptions.Source) throws {
      guard let collectors = try collectors(source) else { return }
      let change = try change(collectors, "read-pages-of-file", 1_000)
      let reading = change.to.reading
      #expect(reading.series("page_fault_duration_seconds") == (source == .programs ? 2 : 0))
      guard source == .programs else { return }
      for kind in ["minor", "major"] {
        let times = change.histogram("page_fault_duration_seconds", ["kind": kind])
        let count = change.sum("page_faults", ["kind": kind])
        expectAgreement(kind, times.count, .init(about: count), within: 0.01, slack: 9)
      }
      let minor = change.histogram("page_fault_duration_seconds", ["kind": "minor"])
      let major = change.histogram("page_fault_duration_seconds", ["kind": "major"])
      #expect(major.sum / max(1, major.count) > minor.sum / max(1, minor.count))
    }

    /// Whatever the kernel takes, the counts are there, and the absent times are told of.
    @Test func countsAreThereOnEveryKernel() throws {
      let log = LogLines()
      var options = CollectorOptions()
      options.enabled = ["faults"]
      let logger = Logger(label: "tests", factory: { _ in LogHandlerOfLines(log: log) })
      let context = CollectorContext(options: options, logger: logger)
      let definition = try #require(Registry.collectors.first { $0.name == "faults" })
      _ = try definition.make(context)
      let isTimed = !context.kernel.loaded.isEmpty
      #expect(log.lines.withLock { $0.contains { $0.contains("page_fault_duration_seconds is absent") } } == !isTimed)
      let collectors = try LiveCollectors(["faults"])
      #expect(try collectors.read().series("page_faults") == 4)
    }
  }
}

/// What was logged.
private final class LogLines: Sendable {
  let lines = Mutex<[String]>([])
}

private struct LogHandlerOfLines: LogHandler {
  let log: LogLines
  var metadata = Logger.Metadata()
  var logLevel = Logger.Level.trace

  subscript(metadataKey key: String) -> Logger.Metadata.Value? {
    get { metadata[key] }
    set { metadata[key] = newValue }
  }

  func log(event: LogEvent) { log.lines.withLock { $0.append("\(event.message)") } }
}
