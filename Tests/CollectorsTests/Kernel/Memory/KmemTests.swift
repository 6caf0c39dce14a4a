import Collecting
import Foundation
import Host
import Testing

@testable import BPF
@testable import Collectors

extension KernelTests {
  /// The kernel's allocations under loads of known size.
  @Suite(.serialized) struct KmemTests {
    private func collectors(_ change: (inout KmemOptions) -> Void = { _ in }) throws -> LiveCollectors {
      try LiveCollectors(["kmem"]) {
        $0.kmem.sites = 1_000
        $0.kmem.allocations = 1 << 20
        $0.kmem.symbolPeriodNanoseconds = 0
        change(&$0.kmem)
      }
    }

    private func outstanding(_ reading: Reading, _ site: String) -> (bytes: Int64, count: Int64) {
      let labels = ["call_site": site]
      return (
        reading.gauge("kernel_outstanding_bytes", labels), reading.gauge("kernel_outstanding_allocations", labels)
      )
    }

    /// A pipe is two pieces of memory of kmalloc() and two files of a slab cache. Other processes may have pipes come and go.
    @Test func allocationIsBilledToWhoAllocatedUntilAnotherProcessFreesIt() throws {
      let collectors = try collectors()
      let count: Int64 = 400
      let load = try Load("pipes", count)
      let before = try collectors.read()
      try load.run()
      let held = try collectors.read()
      load.end()
      let after = try collectors.read()
      for (site, each) in [("alloc_pipe_info", 2 as Int64), ("alloc_empty_file", 2)] {
        let first = outstanding(before, site)
        let most = outstanding(held, site)
        let last = outstanding(after, site)
        show("\(site): \(first), \(most), \(last)")
        let grown = most.count - first.count
        #expect(grown >= each * count * 95 / 100 && grown <= each * count * 120 / 100, "\(site): \(grown)")
        #expect(abs(last.count - first.count) <= each * count / 5, "\(site): \(last.count - first.count) left")
        #expect(abs(last.bytes - first.bytes) <= (most.bytes - first.bytes) / 5, "\(site)")
      }
      // a pipe's size, as the allocator rounds it, whatever their number
      let first = outstanding(before, "alloc_pipe_info")
      let most = outstanding(held, "alloc_pipe_info")
      let bytes = Double(most.bytes - first.bytes) / Double(count)
      #expect(bytes >= 600 && bytes <= 3_000, "\(bytes)")
      // who closed them has nothing on its bill
      #expect(outstanding(held, "free_pipe_info").count == 0)
    }

    @Test func pagesAreThoseOfVmstat() throws {
      // the symbols are read now and not again: what others allocate meanwhile would be in the range
      let collectors = try collectors { $0.symbolPeriodNanoseconds = 3_600_000_000_000 }
      _ = try collectors.read()
      let load = try Load("short-lives", 600, 500, 2)
      let from = try collectors.read(beside: { try PageCounts() })
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: { try PageCounts() }))
      let page = UInt64(sysconf(Int32(_SC_PAGESIZE)))
      // pages allocated in bulk, for stacks and modules, come without an event
      let allocated = change.sum("kernel_allocated_bytes", ["allocator": "page"]) / page
      #expect(allocated > 3_000)
      expectAgreement("pages allocated", allocated, change.kernel(\.allocated), within: 0.08, slack: 512)
      let freed = change.sum("kernel_freed_bytes", ["allocator": "page"]) / page
      expectAgreement("pages freed", freed, change.kernel(\.freed), within: 0.03, slack: 512)
      // an allocation is a page at least; the two are read one after the other
      let least = change.sum("kernel_allocations", ["allocator": "page"]) * page
      #expect(change.sum("kernel_allocated_bytes", ["allocator": "page"]) >= least * 97 / 100)
    }

    @Test(arguments: ["kmalloc", "slab"])
    func allocationsAndFreesAreCounted(allocator: String) throws {
      let collectors = try collectors()
      let from = try collectors.read(beside: {})
      let load = try Load("pipes", 400)
      try load.run()
      let held = try collectors.read(beside: {})
      load.end()
      let after = try collectors.read(beside: {})
      let labels = ["allocator": allocator]
      #expect(Change(from: from, to: held).sum("kernel_allocations", labels) >= 800)
      #expect(Change(from: held, to: after).sum("kernel_frees", labels) >= 800)
      #expect(Change(from: held, to: after).sum("kernel_freed_bytes", labels) >= 800 * 64)
      // nothing changes between the two readings of these
      collectors.context.kernel.loaded.forEach { $0.detach() }
      let still = try collectors.read()
      #expect(still.sum("kernel_freed_bytes", labels) <= still.sum("kernel_allocated_bytes", labels))
    }

    /// What is on the bills is what the map of allocations holds: nothing is billed twice or left.
    @Test func billsAreThoseOfTheMap() throws {
      let collectors = try collectors()
      try Load("short-lives", 200, 200, 4).run()
      let programs = try #require(collectors.context.kernel.loaded.first as? KmemPrograms)
      programs.detach()
      let reading = try collectors.read()
      let entries = try #require(programs.maps().first { $0.name == "kmem_allocations" }?.entries())
      let billed = reading.gauge("kernel_outstanding_allocations", [:])
      let kept = programs.keptEntries
      show("\(billed) on bills, \(entries) in the map, \(kept) of them free")
      #expect(entries > 100)
      #expect(kept > 0 && kept <= KmemOptions().allocations / 4)
      // each a free and an allocation of the same address on two CPUs at the same moment
      #expect(abs(billed + kept - Int64(entries)) <= 2 + Int64(entries) / 100)
    }

    @Test func sitesBeyondTheLimitAreTogether() throws {
      let collectors = try collectors { $0.sites = 3 }
      try Load("short-lives", 100, 200, 4).run()
      let reading = try collectors.read()
      #expect(reading.series("kernel_outstanding_bytes") == 4)
      #expect(reading.series("kernel_outstanding_bytes", ["call_site": "other"]) == 1)
      #expect(outstanding(reading, "other").count > 0)
    }

    @Test func allocationsThereIsNoRoomForAreCountedAndNotBilled() throws {
      let collectors = try collectors { $0.allocations = 64 }
      try Load("pipes", 400).run()
      let lost = collectors.context.kernel.loaded.flatMap { $0.lostUpdates() }
      #expect(lost.map(\.map) == ["kmem_allocations"])
      #expect(lost[0].count >= 800)
      let reading = try collectors.read()
      // a preallocated hash has an element more for each CPU
      #expect(reading.gauge("kernel_outstanding_allocations", [:]) <= 80 + Int64(PossibleCPUs.end))
    }

    /// The descriptor opened before still shows addresses once the privilege is gone.
    @Test func symbolsAreReadWithoutPrivileges() throws {
      let restriction = "/proc/sys/kernel/kptr_restrict"
      let old = try String(contentsOfFile: restriction, encoding: .utf8)
      try "1".write(toFile: restriction, atomically: false, encoding: .utf8)
      defer { try? old.write(toFile: restriction, atomically: false, encoding: .utf8) }
      let collectors = try collectors()
      let load = try Load("pipes", 400)
      try load.run()
      let reading = try Capabilities.withOnly([.bpf, .sysAdmin]) { Result { try collectors.read() } }.get()
      #expect(outstanding(reading, "alloc_pipe_info").count >= 700)
      let refused = Capabilities.withOnly([.bpf, .sysAdmin]) { try? KernelSymbols(paths: HostPaths()) }
      #expect(refused == nil)
    }

    private func show(_ text: String) {
      if ProcessInfo.processInfo.environment["WATTPROBE_SHOW_FIGURES"] != nil { print(text) }
    }
  }
}

/// What `/proc/vmstat` counts of pages.
private struct PageCounts {
  private(set) var allocated: UInt64 = 0
  private(set) var freed: UInt64 = 0

  init() throws {
    for line in try String(contentsOfFile: "/proc/vmstat", encoding: .utf8).split(separator: "\n") {
      let words = line.split(separator: " ")
      guard words.count == 2, let value = UInt64(words[1]) else { continue }
      if words[0].hasPrefix("pgalloc_") { allocated += value }
      if words[0] == "pgfree" { freed = value }
    }
  }
}
