import BPFPrograms
import Testing

@testable import Collectors

extension KernelTests {
  struct WatchedProcessesTests {
    private func record(_ tgid: UInt32) -> ProcessRecord {
      var record = ProcessRecord()
      record.tgid = tgid
      record.start_ns = 1
      return record
    }

    /// Process ids that differ by a multiple of the bits have the same one.
    @Test func bitStaysAsLongAsAProcessHasIt() throws {
      let watched = try WatchedProcesses(limit: 8)
      let (one, other) = (UInt32(100), UInt32(100 + WATCHED_BITS))
      #expect(!watched.mayHold(one))
      watched.add(record(one))
      watched.add(record(other))
      #expect(watched.mayHold(one) && watched.mayHold(other))
      watched.remove(one)
      // again, as of one that was never added
      watched.remove(one)
      #expect(watched.mayHold(other))
      watched.remove(other)
      #expect(!watched.mayHold(one) && !watched.mayHold(other))
    }
  }
}
