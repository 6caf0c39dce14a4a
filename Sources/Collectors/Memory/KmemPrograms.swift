package import BPF
package import BPFPrograms
internal import Collecting
internal import Glibc

/// The programs in the kernel's allocators.
package final class KmemPrograms: RestartablePrograms {
  /// Call sites there is room for; the kernel has some thousands, and the modules theirs.
  private static let siteCapacity = 8_192
  /// The key of all other sites.
  static let otherSite: UInt64 = 0

  package let cpus: MappedArray<KmemPerCPU>
  let sites: PerCPUHash<UInt64, KmemSite>
  private var object: ProgramObject

  package var collector: String { "kmem" }

  private static let always = [
    "kfree", "kmem_cache_free", "mm_page_free", "kmalloc", "kmem_cache_alloc", "mm_page_alloc",
  ]
  /// What kfree_rcu() frees in bulk, where the kernel traces RCU; allocations on a node, before 6.1.
  private static let optional = ["rcu_invoke_kfree_bulk_callback", "kmalloc_node", "kmem_cache_alloc_node"]

  init(_ options: KmemOptions) throws(CollectorFailure) {
    do throws(BPFError) {
      var object = try ProgramObject("kmem")
      try object.setCapacity("kmem_cpus", PossibleCPUs.end)
      // a fifth of them may be of memory that was freed
      let kept = options.allocations / 4
      try object.setCapacity("kmem_allocations", options.allocations + kept)
      try object.setCapacity("kmem_sites", Self.siteCapacity)
      let page = UInt32(sysconf(Int32(_SC_PAGESIZE)))
      try object.configure(
        KmemConfig(page_shift: UInt32(page.trailingZeroBitCount), kept: UInt32(kept / PossibleCPUs.end)))
      try object.load()
      let found = try PerCPUHash<UInt64, KmemSite>("kmem_sites", of: object)
      try found.create(Self.otherSite)
      let counters = try MappedArray<KmemPerCPU>("kmem_cpus", of: object)
      // what frees first, so that nothing stays on a bill whose end was missed
      for program in Self.optional { try Self.attach(program, of: &object) }
      for program in Self.always { try object.attach(program) }
      sites = found
      cpus = counters
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Leaves alone what the kernel has no tracepoint for.
  private static func attach(_ program: String, of object: inout ProgramObject) throws(BPFError) {
    do throws(BPFError) {
      try object.attach(program)
    } catch {
      if error.errno != ENOENT { throw error }
    }
  }

  /// Entries of memory that was freed: all CPUs together.
  var keptEntries: Int64 {
    Int64(bitPattern: cpus.sum(offset: MemoryLayout<KmemPerCPU>.offset(of: \.kept)!))
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func clear() throws(BPFError) {
    try object.clear()
    try sites.create(Self.otherSite)
  }

  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("kmem_allocations", "full", cpus.sum(offset: MemoryLayout<KmemPerCPU>.offset(of: \.lost)!))]
  }
}
