internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host
internal import Logging

/// Memory the kernel allocates for itself.
package final class KmemCollector: SheddableCollector {
  private static let allocations = Family(
    "kernel_allocations", .counter, labels: ["allocator"],
    help:
      "Kernel allocations by kmalloc(), from slab caches and of pages (including the pages behind the other two); bulk allocations are not seen."
  )
  private static let frees = Family(
    "kernel_frees", .counter, labels: ["allocator"], help: "Kernel allocations freed; those freed in bulk are not seen."
  )
  private static let allocatedBytes = Family(
    "kernel_allocated_bytes", .counter, unit: "bytes", labels: ["allocator"],
    help: "Bytes allocated, as rounded up by the allocator.")
  private static let freedBytes = Family(
    "kernel_freed_bytes", .counter, unit: "bytes", labels: ["allocator"],
    help: "Bytes freed; of kmalloc and slab only those whose allocation was tracked.")
  private static let outstandingBytes = Family(
    "kernel_outstanding_bytes", .gauge, unit: "bytes", labels: ["call_site"],
    help:
      "Bytes from kmalloc() and slab caches allocated since wattprobe started and not yet freed, by the function that allocated them."
  )
  private static let outstandingAllocations = Family(
    "kernel_outstanding_allocations", .gauge, labels: ["call_site"],
    help:
      "Allocations from kmalloc() and slab caches since wattprobe started that are not yet freed, by the function that made them."
  )

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "kmem", summary: "memory that the kernel allocates for itself, and which functions hold it",
    isOnByDefault: false,
    notes: """
      `call_site` is the function that called the allocator. What it allocates counts for it until it is freed,
      whoever frees it. The `--kmem.sites` functions with the most bytes have series of their own; all others are
      summed in `call_site="other"`. Each outstanding allocation takes an entry of a map with room for
      `--kmem.allocations`. While the map is full, new allocations are not tracked, and
      `wattprobe_bpf_lost_updates_total{map="kmem_allocations"}` counts them. Pages have no call site. The kernel
      frees some objects without an event (`kmem_cache_free_bulk()`, `kfree_rcu()` on some kernels): they count as
      outstanding until their address is used again, so look for growth rather than at absolute values. Bulk
      allocations have no event either (stacks, `vmalloc()`), so there are fewer pages than in `/proc/vmstat`. The
      programs run at every allocation: `wattprobe_bpf_program_run_seconds_total{collector="kmem"}` shows what
      that costs.

      Names come from `/proc/kallsyms`, which is opened at the start. Where it hides addresses
      (`kernel.kptr_restrict`, without `CAP_SYSLOG`) the two gauges are absent.
      """,
    families: [allocations, frees, allocatedBytes, freedBytes, outstandingBytes, outstandingAllocations],
    isIndependent: true
  ) { context throws(CollectorFailure) in
    let programs = try KmemPrograms(context.options.kmem)
    context.kernel.register(programs)
    return KmemCollector(programs, context)
  }

  private static let allocators = ["kmalloc", "slab", "page"]

  private let programs: KmemPrograms
  private let sites: CallSites?
  private let limit: Int

  private init(_ programs: KmemPrograms, _ context: CollectorContext) {
    self.programs = programs
    limit = context.options.kmem.sites
    do throws(SystemError) {
      sites = CallSites(
        try KernelSymbols(paths: context.options.paths), period: context.options.kmem.symbolPeriodNanoseconds)
    } catch {
      sites = nil
      context.logger.warning(
        "outstanding kernel allocations are not shown",
        metadata: ["cause": "\(error)", "cure": "grant CAP_SYSLOG, or set kernel.kptr_restrict to 0 or 1"])
    }
  }

  package var canBeShed: Bool { true }
  package func shed() { programs.detach() }
  package func comeBack() throws(CollectorFailure) { try programs.restart() }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let cpu = MemoryLayout<KmemPerCPU>.self
    for (family, offset) in [
      (Self.allocations, cpu.offset(of: \.allocations)!), (Self.frees, cpu.offset(of: \.frees)!),
      (Self.allocatedBytes, cpu.offset(of: \.allocated_bytes)!), (Self.freedBytes, cpu.offset(of: \.freed_bytes)!),
    ] {
      writer.begin(family)
      for (index, name) in Self.allocators.enumerated() {
        writer.label("allocator", name)
        writer.unsigned(programs.cpus.sum(offset: offset + index * 8))
      }
    }
    guard let sites else { return }
    var addresses: [(UInt64, Outstanding)] = []
    let isWhole = programs.sites.forEach { address, sum in
      addresses.append(
        (address, Outstanding(bytes: Int64(bitPattern: sum.bytes), count: Int64(bitPattern: sum.allocations))))
    }
    if !isWhole {
      throw CollectorFailure(.read, "cannot read map kmem_sites", cure: "report this with the kernel's version")
    }
    let shown = sites.greatest(limit, of: addresses, now: MonotonicClock.now)
    writer.begin(Self.outstandingBytes)
    for (name, value) in shown {
      writer.label("call_site", name)
      writer.integer(max(0, value.bytes))
    }
    writer.begin(Self.outstandingAllocations)
    for (name, value) in shown {
      writer.label("call_site", name)
      writer.integer(max(0, value.count))
    }
  }
}
