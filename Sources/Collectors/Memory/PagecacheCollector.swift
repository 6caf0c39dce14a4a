internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition

/// Pages of files in memory: used, brought in, made dirty.
package final class PagecacheCollector: Collector {
  private static let accesses = Family(
    "page_cache_accesses", .counter,
    help: "Pages of files used: read, mapped by a fault, made dirty. Hits are accesses less insertions.")
  private static let insertions = Family(
    "page_cache_insertions", .counter,
    help: "Pages brought into the page cache, ahead of being used too: these are the misses.")
  private static let dirtied = Family(
    "page_cache_dirtied", .counter, help: "Pages made dirty that were clean or new, as nr_dirtied of vmstat.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "pagecache", summary: "pages of files in memory: used, brought in, made dirty", isOnByDefault: true,
    notes: """
      Misses are insertions, hits are accesses less insertions: over a time that is long beside what is read ahead, which
      is inserted first and used later, if ever. Pages, also where the kernel keeps several as one. A read counts each
      page once, whatever part of it is copied; a fault counts the pages it maps around the one wanted; a write counts a
      page when it becomes dirty, so writing it again before it is written back is no access. Not in it are direct I/O,
      tmpfs and other shared memory; file systems' own blocks are inserted but not looked up. Kernels before 6.12 tell of
      look-ups only where they allow programs at functions: a mapped page counts there as it is unmapped, and where they do
      not, accesses are absent.
      """,
    families: [accesses, insertions, dirtied]
  ) { context throws(CollectorFailure) in
    let watched = context.kernel.watchedForDetail()
    let programs = try PagecachePrograms(context.options.pagecache.form, watched: watched, logger: context.logger)
    context.kernel.register(programs)
    if watched != nil { context.kernel.show(programs.details) }
    return PagecacheCollector(programs)
  }

  let programs: PagecachePrograms

  private init(_ programs: PagecachePrograms) { self.programs = programs }

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
