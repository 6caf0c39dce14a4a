internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition

/// How long threads and CPUs waited for the kernel's locks.
package final class LocksCollector: Collector {
  private static let contention = Family(
    "lock_contention_seconds", .histogram, unit: "seconds", labels: ["kind"],
    help: "Time from finding a lock of the kernel taken until having it, or giving up.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "locks", summary: "waits for the kernel's locks, by kind of lock", isOnByDefault: false,
    notes: """
      Needs kernel 5.19. A lock that is had at once has no event here, nor has one that is had after spinning a little: for
      a spinlock the first in the line beside the holder, for a semaphore of readers and writers who gets it before it has
      to queue. On virtual machines without paravirtual spinlocks no spinlock has. Waits of a mutex, spinning and
      sleeping, are one. Kinds other than spinlock, mutex and rwsem have series from their first wait on.
      """,
    families: [contention]
  ) { context throws(CollectorFailure) in
    let programs = try LockPrograms.load(options: context.options, logger: context.logger)
    context.kernel.register(programs)
    return LocksCollector(programs)
  }

  /// By `enum lock_kind`.
  static let kinds = [
    "spinlock", "rwlock_read", "rwlock_write", "mutex", "rwsem_read", "rwsem_write", "percpu_rwsem_read",
    "percpu_rwsem_write", "semaphore", "rtmutex", "rt_rwlock_read", "rt_rwlock_write",
  ]
  /// 1 µs to 4 s.
  private static let times = HistogramLayout(lowest: -20, highest: 2)

  private let programs: LockPrograms
  private var histogram = KernelHistogram()

  private init(_ programs: LockPrograms) { self.programs = programs }

  package func collect(into writer: inout SampleWriter) throws(CollectorFailure) {
    let base = MemoryLayout<LocksPerCPU>.offset(of: \.contention)!
    writer.begin(Self.contention)
    for (kind, name) in Self.kinds.enumerated() {
      let offset = base + kind * MemoryLayout<HistogramSlots>.stride
      guard histogram.read(programs.cpus, offset: offset) || Self.common.contains(name) else { continue }
      writer.label("kind", name)
      histogram.write(Self.times, to: &writer)
    }
  }

  /// Those that have series from the beginning.
  private static let common: Set<String> = ["spinlock", "mutex", "rwsem_read", "rwsem_write"]
}
