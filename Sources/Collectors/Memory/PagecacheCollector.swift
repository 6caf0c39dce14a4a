internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition

/// Pages of files in memory: used, brought in, made dirty.
package final class PagecacheCollector: SheddableCollector {
  private static let accesses = Family(
    "page_cache_accesses", .counter,
    help: "Pages of files that were used: read, mapped by a fault, or made dirty. Hits are accesses minus insertions.")
  private static let insertions = Family(
    "page_cache_insertions", .counter,
    help: "Pages brought into the page cache, including readahead: these are the misses.")
  private static let dirtied = Family(
    "page_cache_dirtied", .counter, help: "Clean or new pages that were made dirty, as nr_dirtied in /proc/vmstat.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "pagecache", summary: "page cache: pages used, brought in, made dirty", isOnByDefault: true,
    notes: """
      Misses are insertions, and hits are accesses minus insertions. That holds over times that are long compared
      with readahead, which inserts pages first and uses them later, or never. All counts are pages, even if the
      kernel keeps several as one folio. A read counts each page once, however little of it is copied. A fault
      counts the one page that it is for: which of the pages around it are mapped with it, and used without a fault
      of their own, the kernel does not tell, so a mapped file that is read from beginning to end has fewer accesses
      than pages. A write counts a page when it becomes dirty; writing it
      again before it was written back is no access. Direct I/O, tmpfs and other shared memory are not counted;
      blocks of file systems themselves are counted when inserted, but not when looked up. Kernels before 6.12
      tell of look-ups only where they accept fentry programs (a mapped page then counts when it is unmapped);
      where they do not, accesses are absent.
      """,
    families: [accesses, insertions, dirtied], isIndependent: true
  ) { context throws(CollectorFailure) in
    let watched = context.kernel.watchedForDetail()
    let programs = try PagecachePrograms(context.options.pagecache.form, watched: watched, logger: context.logger)
    context.kernel.register(programs)
    if watched != nil { context.kernel.show(programs.details) }
    return PagecacheCollector(programs, canBeShed: watched == nil)
  }

  let programs: PagecachePrograms

  /// Else `process` shows what it counts, too.
  package let canBeShed: Bool

  private init(_ programs: PagecachePrograms, canBeShed: Bool) {
    self.programs = programs
    self.canBeShed = canBeShed
  }

  package func shed() { programs.detach() }
  package func comeBack() throws(CollectorFailure) { try programs.restart() }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let layout = MemoryLayout<PagecachePerCPU>.self
    let dirtied = programs.cpus.sum(offset: layout.offset(of: \.dirtied)!)
    let insertions = programs.cpus.sum(offset: layout.offset(of: \.insertions)!)
    if programs.form != .none {
      writer.begin(Self.accesses)
      writer.unsigned(programs.cpus.sum(offset: layout.offset(of: \.accesses)!) + dirtied)
    }
    writer.begin(Self.insertions)
    writer.unsigned(insertions)
    writer.begin(Self.dirtied)
    writer.unsigned(dirtied)
  }
}
