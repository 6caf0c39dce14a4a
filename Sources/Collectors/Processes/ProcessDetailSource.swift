internal import BPFPrograms
internal import Exposition

/// A family by process that the programs of another collector count, where `--process.detail` asks for it.
///
/// They count into the entries of the processes that have series (`watched`); what belongs to none of those they keep in a sum
/// of their own.
package struct ProcessDetailSource {
  /// One counter of the family.
  struct Counter {
    /// The value of the family's last label, where it has one more than identity.
    var label: String?
    /// What an entry has of it.
    var member: KeyPath<ProcessDetail, UInt64>
    /// What was counted for processes without series.
    var unwatched: () -> UInt64
  }

  /// Labels: those of a process, and perhaps `operation`.
  let family: Family
  let counters: [Counter]
}

extension ProcessCollector {
  static let detailFamilies = [systemCalls, blockIOs, pageCacheAccesses, pageCacheInsertions, pageCacheDirtied]

  static let systemCalls = Family(
    "process_syscalls", .counter, labels: identity, help: "System calls that ended; with --process.detail.")
  static let blockIOs = Family(
    "process_block_ios", .counter, labels: identity + ["operation"],
    help:
      "Block I/Os that the process itself submitted, before merging: reads, and writes not left to a kernel thread; "
      + "with --process.detail."
  )
  static let pageCacheAccesses = Family(
    "process_page_cache_accesses", .counter, labels: identity,
    help: "Page cache accesses of the process; with --process.detail.")
  static let pageCacheInsertions = Family(
    "process_page_cache_insertions", .counter, labels: identity,
    help: "Pages that the process brought into the page cache, including readahead; with --process.detail.")
  static let pageCacheDirtied = Family(
    "process_page_cache_dirtied", .counter, labels: identity,
    help: "Pages of files that the process made dirty; with --process.detail.")

  /// What other collectors' programs counted by process.
  func writeDetail(_ sources: [ProcessDetailSource], _ table: ProcessTable, to writer: inout SampleWriter) {
    for source in sources {
      writer.begin(source.family)
      for one in table.series {
        for counter in source.counters {
          writer.labels(one.labels)
          if let label = counter.label { writer.label("operation", label) }
          writer.unsigned(one.detail[keyPath: counter.member])
        }
      }
      for counter in source.counters {
        writer.label("pid", "other")
        if let label = counter.label { writer.label("operation", label) }
        writer.unsigned(counter.unwatched() + table.otherDetail[keyPath: counter.member])
      }
    }
  }
}
