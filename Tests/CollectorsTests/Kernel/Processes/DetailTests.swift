import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// What other collectors' programs count by process, where `--process.detail` asks for it.
  @Suite(.serialized) struct DetailTests {
    private static let names: Set<String> = ["process", "syscalls", "pagecache", "block"]
    private static let families = [
      "process_syscalls", "process_page_cache_accesses", "process_page_cache_insertions",
      "process_page_cache_dirtied", "process_block_ios",
    ]

    private static let getpgid = (0...SyscallTable.native.highest).first { SyscallTable.native.name($0) == "getpgid" }!

    /// A load that has series of its own, and the collectors that watch it.
    private func watched(_ mode: String, _ first: Any, _ second: Any, _ third: Any) throws -> (LiveCollectors, Load) {
      let collectors = try LiveCollectors(Self.names) {
        $0.process.hasDetail = true
        $0.process.thresholdNanoseconds = 0
      }
      let load = try Load(mode, first, second, third)
      let labels = ["pid": "\(load.pid)"]
      for _ in 0..<20 where try collectors.read().series("process_syscalls", labels) == 0 { pause(seconds: 0.05) }
      #expect(try collectors.read().series("process_syscalls", labels) == 1)
      return (collectors, load)
    }

    /// As many as it makes, and a few of its own for the test's pipes.
    @Test func systemCallsAreThoseOfTheirProcess() throws {
      let (collectors, load) = try watched("calls", Self.getpgid, 20_000, 0)
      let labels = ["pid": "\(load.pid)"]
      let from = try collectors.read(beside: { () })
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: { () }))
      #expect((20_000...20_020).contains(change.sum("process_syscalls", labels)))
    }

    @Test func systemCallsOfAllProcessesAreThoseOfTheMachine() throws {
      let (collectors, load) = try watched("calls", Self.getpgid, 20_000, 0)
      let from = try collectors.read(beside: { () })
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: { () }))
      // the two families are read one after the other: the reading itself makes calls
      expectAgreement(
        "calls of all processes", change.sum("process_syscalls"), .init(about: change.sum("syscalls")), within: 0.01,
        slack: 300)
    }

    /// Written, and brought to the disk while the process waits.
    @Test func pagesAndBlockIOsAreThoseOfTheirProcess() throws {
      let pages = 512
      let path = "./wattprobe-detail-\(getpid())"
      _ = FileManager.default.createFile(atPath: path, contents: nil)
      defer { unlink(path) }
      let (collectors, load) = try watched("write-back", path, pages, 1)
      let labels = ["pid": "\(load.pid)"]
      let from = try collectors.read(beside: { () })
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: { () }))
      let dirtied = change.sum("process_page_cache_dirtied", labels)
      #expect(dirtied >= UInt64(pages))
      #expect(dirtied <= change.sum("page_cache_dirtied"))
      #expect(change.sum("process_page_cache_insertions", labels) >= UInt64(pages))
      if change.to.reading.series("page_cache_accesses") > 0 {
        #expect(change.sum("process_page_cache_accesses", labels) >= dirtied)
      }
      #expect(change.sum("process_block_ios", labels.merging(["operation": "write"]) { $1 }) > 0)
      for (own, all) in [
        ("process_page_cache_dirtied", "page_cache_dirtied"),
        ("process_page_cache_insertions", "page_cache_insertions"),
      ] {
        expectAgreement(own, change.sum(own), .init(about: change.sum(all)), within: 0.01, slack: 20)
      }
    }

    @Test func nothingIsCountedByProcessUnlessAskedFor() throws {
      let reading = try LiveCollectors(Self.names).read()
      for family in Self.families { #expect(reading.series(family) == 0, "\(family)") }
    }
  }
}
