internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition
internal import Host
internal import Logging

/// Memory the kernel allocates for itself.
package final class KmemCollector: Collector {
  private static let allocations = Family(
    "kernel_allocations", .counter, labels: ["allocator"],
    help:
      "Allocations by kmalloc(), from slab caches and of pages, those pages too that the other two are made of, but none in bulk."
  )
  private static let frees = Family(
    "kernel_frees", .counter, labels: ["allocator"], help: "Allocations given back, but those freed in bulk.")
  private static let allocatedBytes = Family(
    "kernel_allocated_bytes", .counter, unit: "bytes", labels: ["allocator"],
    help: "Bytes allocated, as the allocator rounded them up.")
  private static let freedBytes = Family(
    "kernel_freed_bytes", .counter, unit: "bytes", labels: ["allocator"],
    help: "Bytes given back; of kmalloc and slab those whose allocation was seen and had room.")
  private static let outstandingBytes = Family(
    "kernel_outstanding_bytes", .gauge, unit: "bytes", labels: ["call_site"],
    help:
      "Bytes of kmalloc() and slab caches allocated since this program started and not freed, by who allocated them.")
  private static let outstandingAllocations = Family(
    "kernel_outstanding_allocations", .gauge, labels: ["call_site"],
    help: "Allocations of kmalloc() and slab caches since this program started that are not freed.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "kmem", summary: "memory the kernel allocates for itself, and who holds it", isOnByDefault: false,
    notes: """
      `call_site` is the function that called the allocator: what it allocated is on its bill until freed, whoever frees
      it. The `--kmem.sites` functions with the most bytes have series, `other` has the rest. Each outstanding allocation
      takes an entry of a map of `--kmem.allocations`: once it is full, new ones are not billed until others are freed, and
      `wattprobe_bpf_lost_updates_total{map="kmem_allocations"}` counts them. Pages have no call site. The kernel frees
      some objects without an event (`kmem_cache_free_bulk()`, `kfree_rcu()` on some kernels): they stay on the bill until
      their address is used again, so look for growth, not for bytes. Nor has what it allocates in bulk an event: pages of
      stacks and `vmalloc()`, so there are fewer than in `/proc/vmstat`. These programs run at every allocation: see what
      they cost with `wattprobe_bpf_program_run_seconds_total{collector="kmem"}`.

      Names come from `/proc/kallsyms`, opened at the start; where it hides addresses (`kernel.kptr_restrict`, without
      `CAP_SYSLOG`) the two gauges are absent.
      """,
    families: [allocations, frees, allocatedBytes, freedBytes, outstandingBytes, outstandingAllocations]
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
        "outstanding allocations are absent",
        metadata: ["cause": "\(error)", "cure": "grant CAP_SYSLOG, or set kernel.kptr_restrict to 0 or 1"])
    }
  }

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
