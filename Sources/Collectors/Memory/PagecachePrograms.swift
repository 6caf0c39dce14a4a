package import BPF
package import BPFPrograms
internal import Collecting
internal import Exposition
internal import Host
internal import Logging

/// The programs at the hooks of the page cache, as many as this kernel has.
package final class PagecachePrograms: RestartablePrograms {
  /// What tells of look-ups.
  package enum Form: String, Sendable, CaseIterable {
    /// Tracepoints for reads and for faults (since 6.12).
    case tracepoints
    /// The function that marks what was used, by folio (since 5.16) or by page. Some kernels refuse such programs.
    case markedFolios
    case markedPages
    /// Nothing.
    case none

    fileprivate var programs: [String] {
      switch self {
      case .tracepoints: ["mm_filemap_get_pages", "mm_filemap_fault", "mm_filemap_map_pages"]
      case .markedFolios: ["folio_mark_accessed"]
      case .markedPages: ["mark_page_accessed"]
      case .none: []
      }
    }
  }

  /// By the name of the hook, which has the same arguments otherwise.
  private static let dirtied = ["writeback_dirty_folio", "writeback_dirty_page"]

  package let form: Form
  package let cpus: MappedArray<PagecachePerCPU>
  private var object: ProgramObject

  package var collector: String { "pagecache" }

  /// Loads the best form there is: each is asked for, none is chosen by the kernel's version.
  ///
  /// With `watched`, pages are counted by process, too.
  init(_ wanted: Form?, watched: WatchedProcesses?, logger: Logger) throws(CollectorFailure) {
    var refusal: CollectorFailure?
    for form in wanted.map({ [$0] }) ?? Form.allCases {
      for dirtied in Self.dirtied {
        do throws(BPFError) {
          object = try Self.load(form, dirtied: dirtied, watched: watched)
          cpus = try MappedArray("pagecache_cpus", of: object)
          self.form = form
          if form == .none, let refusal {
            logger.notice("accesses to the page cache are not counted", metadata: ["cause": "\(refusal.message)"])
          }
          return
        } catch {
          logger.debug(
            "page cache programs refused",
            metadata: ["form": "\(form.rawValue)", "dirtied": "\(dirtied)", "cause": "\(error)"])
          refusal = CollectorFailure(error)
        }
      }
    }
    throw refusal ?? CollectorFailure(.hook, "no form of the page cache programs to try", cure: "leave the form open")
  }

  private static func load(
    _ form: Form, dirtied: String, watched: WatchedProcesses?
  ) throws(BPFError) -> ProgramObject {
    var object = try ProgramObject("pagecache")
    try WatchedProcesses.share(watched, with: &object)
    for other in Form.allCases where other != form {
      for program in other.programs { try object.omit(program: program) }
    }
    for other in Self.dirtied where other != dirtied { try object.omit(program: other) }
    if form != .tracepoints { try object.omit(map: "readings") }
    try object.setCapacity("pagecache_cpus", PossibleCPUs.end)
    try object.configure(
      PagecacheConfig(
        page_shift: UInt32(Kernel.pageSize.trailingZeroBitCount), detail: watched == nil ? 0 : 1))
    try object.load()
    // what is brought in before what looks it up
    for program in ["mm_filemap_add_to_page_cache", dirtied] + form.programs { try object.attach(program) }
    return object
  }

  /// What is shown by process.
  var details: [ProcessDetailSource] {
    func source(
      _ family: Family, _ member: KeyPath<ProcessDetail, UInt64>, _ unwatched: PartialKeyPath<PagecachePerCPU>
    ) -> ProcessDetailSource {
      let offset = MemoryLayout<PagecachePerCPU>.offset(of: unwatched)!
      return ProcessDetailSource(family: family, counters: [.init(member: member) { self.cpus.sum(offset: offset) }])
    }
    let accesses = source(ProcessCollector.pageCacheAccesses, \.page_cache_accesses, \.unwatched_accesses)
    return (form == .none ? [] : [accesses]) + [
      source(ProcessCollector.pageCacheInsertions, \.page_cache_insertions, \.unwatched_insertions),
      source(ProcessCollector.pageCacheDirtied, \.page_cache_dirtied, \.unwatched_dirtied),
    ]
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) { try object.reattach() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [] }
}
