import Collecting
import Foundation
import Glibc
import Host
import Logging
import Testing

@testable import Collectors

extension KernelTests {
  /// Files of known size, read, mapped and written. Others use the page cache too, so what is exact is the least of many
  /// tries: never less than the load's own.
  @Suite(.serialized) struct PagecacheTests {
    private static let pages: UInt64 = 1024
    private static let pageSize = Int(Kernel.pageSize)
    private static let bytes = Int(pages) * pageSize
    /// What others may add in the quietest of the tries.
    private static let noise: UInt64 = 64
    private static let tries = 200
    /// The kernel tells of faults on files (since 6.12).
    static let tellsOfFaults = (try? Trace.identifier("filemap/mm_filemap_map_pages")) != nil

    struct Pages {
      var accesses: UInt64 = .max
      var insertions: UInt64 = .max
      var dirtied: UInt64 = .max
    }

    /// The least of each figure over many times of `load`, each begun by `prepare`.
    private func fewest(
      _ expected: Pages, prepare: () throws -> Void = {}, _ load: () throws -> Void
    ) throws -> Pages {
      let collectors = try LiveCollectors(["pagecache"])
      var fewest = Pages()
      for _ in 0..<Self.tries {
        try prepare()
        let from = try collectors.read(beside: {})
        try load()
        let change = Change(from: from, to: try collectors.read(beside: {}))
        fewest.accesses = min(fewest.accesses, change.sum("page_cache_accesses"))
        fewest.insertions = min(fewest.insertions, change.sum("page_cache_insertions"))
        fewest.dirtied = min(fewest.dirtied, change.sum("page_cache_dirtied"))
        if fewest.accesses <= expected.accesses + Self.noise, fewest.insertions <= expected.insertions + Self.noise,
          fewest.dirtied <= expected.dirtied + Self.noise
        {
          break
        }
      }
      return fewest
    }

    private func expect(
      _ found: Pages, _ expected: Pages, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      for (name, figure) in [("accesses", \Pages.accesses), ("insertions", \.insertions), ("dirtied", \.dirtied)] {
        let least = expected[keyPath: figure]
        expectAgreement(
          name, found[keyPath: figure], least...least + Self.noise, within: 0, sourceLocation: sourceLocation)
      }
    }

    /// By pages, by a few and by more than the kernel looks up at once; the last read of each asks for more than there is.
    @Test(arguments: [4096, 65_536, 1 << 20, 3 << 20])
    func aFileReadTwiceIsBroughtInOnce(chunk: Int) throws {
      let file = try TestFile(Self.bytes)
      let cold = Pages(accesses: Self.pages, insertions: Self.pages, dirtied: 0)
      expect(try fewest(cold, prepare: file.drop) { file.read(chunk: chunk) }, cold)
      file.read(chunk: chunk)
      let warm = Pages(accesses: Self.pages, insertions: 0, dirtied: 0)
      expect(try fewest(warm) { file.read(chunk: chunk) }, warm)
    }

    /// Reading beyond the end is reading what there is.
    @Test func smallFilesCountTheirPagesOnly() throws {
      let file = try TestFile(3 * Self.pageSize - 100)
      file.read(chunk: 4096)
      let expected = Pages(accesses: 300, insertions: 0, dirtied: 0)
      expect(try fewest(expected) { for _ in 0..<100 { file.read(chunk: 1 << 17) } }, expected)
    }

    /// A page of which little is read at a time counts each time.
    @Test func eachReadOfAPageIsAnAccess() throws {
      let file = try TestFile(Self.bytes)
      file.read(chunk: 65_536)
      let expected = Pages(accesses: 8 * Self.pages, insertions: 0, dirtied: 0)
      expect(try fewest(expected) { file.read(chunk: Self.pageSize / 8) }, expected)
    }

    /// Each page is read as it is wanted, and the fault tried again then; others of the file lie around it already.
    @Test(.enabled(if: PagecacheTests.tellsOfFaults)) func faultOnAPageThatIsNotThereIsOneAccess() throws {
      let file = try TestFile(Self.bytes)
      let cold = Pages(accesses: Self.pages, insertions: Self.pages, dirtied: 0)
      expect(try fewest(cold, prepare: file.drop) { try Self.touch(file, MADV_RANDOM) }, cold)
      // the same, where the pages are written to memory of the process: nothing is mapped around them
      expect(try fewest(cold, prepare: file.drop) { try Self.touch(file, MADV_RANDOM, writing: true) }, cold)
    }

    /// What a fault maps around its page, sixteen in all or a whole large folio, is used without another.
    @Test(.enabled(if: PagecacheTests.tellsOfFaults)) func mappedPagesAreAnAccessForEachFault() throws {
      let file = try TestFile(Self.bytes)
      file.read(chunk: 65_536)
      let faults = Self.pages / 16
      let warm = try fewest(Pages(accesses: 1, insertions: 0, dirtied: 0)) { try Self.touch(file, MADV_NORMAL) }
      #expect((1...faults + Self.noise).contains(warm.accesses))
      #expect(warm.insertions <= Self.noise)
      // each a fault of its own, on pages that are there
      let written = Pages(accesses: Self.pages, insertions: 0, dirtied: 0)
      expect(try fewest(written) { try Self.touch(file, MADV_NORMAL, writing: true) }, written)
    }

    /// New pages are brought in, dirtied, and accesses; old ones are dirtied once, however often they are written.
    @Test func writtenPagesAreDirtiedOnce() throws {
      let file = try TestFile(Self.bytes)
      let cold = Pages(accesses: Self.pages, insertions: Self.pages, dirtied: Self.pages)
      expect(try fewest(cold, prepare: file.drop) { try Self.write(file, times: 1) }, cold)
      let warm = Pages(accesses: Self.pages, insertions: 0, dirtied: Self.pages)
      expect(try fewest(warm, prepare: file.flush) { try Self.write(file, times: 3) }, warm)
    }

    /// Against `/proc/vmstat`, whoever else writes.
    @Test func dirtiedPagesAreThoseOfVmstat() throws {
      let file = try TestFile(16 << 20)
      let collectors = try LiveCollectors(["pagecache"])
      let from = try collectors.read(beside: { try Self.dirtied() })
      for _ in 0..<4 {
        try Self.write(file, times: 1)
        file.flush()
      }
      let change = Change(from: from, to: try collectors.read(beside: { try Self.dirtied() }))
      #expect(change.sum("page_cache_dirtied") >= 4 * 4096)
      expectAgreement("dirtied", change.sum("page_cache_dirtied"), change.kernel(\.self), within: 0.001, slack: 16)
    }

    @Test func sharedMemoryAndDirectRequestsAreNotInIt() throws {
      let shared = try TestFile(Self.bytes, in: "/dev/shm")
      let file = try TestFile(Self.bytes)
      file.drop()
      let nothing = Pages(accesses: 0, insertions: 0, dirtied: 0)
      let found = try fewest(nothing) {
        shared.read(chunk: 65_536)
        try Self.touch(shared)
        try Self.write(shared, times: 1)
        try directRequests(file.path, writing: false, size: 65_536, count: 16)
      }
      expect(found, nothing)
    }

    /// Every form the kernel takes shows what it says; those it refuses say why.
    @Test(arguments: PagecachePrograms.Form.allCases)
    func eachFormCountsOrSaysWhyNot(form: PagecachePrograms.Form) throws {
      let file = try TestFile(Self.bytes)
      do throws(CollectorFailure) {
        let programs = try PagecachePrograms(form, watched: nil, logger: .init(label: "tests"))
        #expect(programs.form == form)
      } catch {
        #expect(form != .none)
        #expect(error.reason == .permission || error.reason == .hook)
        #expect(error.message.contains("pagecache"))
        #expect(!error.cure.isEmpty)
        return
      }
      let collectors = try LiveCollectors(["pagecache"]) { $0.pagecache.form = form }
      file.drop()
      let from = try collectors.read(beside: {})
      file.read(chunk: 65_536)
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.sum("page_cache_insertions") >= Self.pages)
      #expect(change.to.reading.series("page_cache_accesses") == (form == .none ? 0 : 1))
      if form != .none { #expect(change.sum("page_cache_accesses") >= Self.pages) }
    }
  }
}

extension KernelTests.PagecacheTests {
  /// Reads a byte of each page through a mapping, or writes one to a copy of it.
  private static func touch(_ file: TestFile, _ advice: CInt = MADV_NORMAL, writing: Bool = false) throws {
    let descriptor = open(file.path, O_RDONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let (protection, kind) = writing ? (PROT_READ | PROT_WRITE, MAP_PRIVATE) : (PROT_READ, MAP_SHARED)
    guard let memory = mmap(nil, file.size, protection, kind, descriptor, 0), memory != MAP_FAILED,
      madvise(memory, file.size, advice) == 0
    else { throw Load.Failed(what: "mmap") }
    var sum: UInt64 = 0
    for offset in stride(from: 0, to: file.size, by: pageSize) {
      if writing { memory.storeBytes(of: 1, toByteOffset: offset, as: UInt8.self) }
      sum &+= UInt64(memory.load(fromByteOffset: offset, as: UInt8.self))
    }
    munmap(memory, file.size)
    #expect(sum > 0)
  }

  /// Writes every page, so many times before it goes to the disk.
  private static func write(_ file: TestFile, times: Int) throws {
    let descriptor = open(file.path, O_WRONLY | O_CLOEXEC)
    defer { close(descriptor) }
    let page = [UInt8](repeating: 0x11, count: pageSize)
    for _ in 0..<times {
      for offset in stride(from: 0, to: file.size, by: page.count) {
        guard pwrite(descriptor, page, page.count, offset) == page.count else { throw Load.Failed(what: file.path) }
      }
    }
  }

  /// What the kernel counts, with what its CPUs hold back.
  private static func dirtied() throws -> UInt64 {
    _ = try? String(contentsOfFile: "/proc/sys/vm/stat_refresh", encoding: .utf8)
    let text = try String(contentsOfFile: "/proc/vmstat", encoding: .utf8)
    let line = text.split(separator: "\n").first { $0.hasPrefix("nr_dirtied ") }
    return UInt64(line?.split(separator: " ").last ?? "") ?? 0
  }
}

extension TestFile {
  /// Brings what was written to the disk; the pages stay.
  fileprivate func flush() {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    fsync(descriptor)
    close(descriptor)
  }
}
