internal import BPF
internal import BPFPrograms
package import Collecting
package import Exposition

/// How long threads and CPUs waited for the kernel's locks.
package final class LocksCollector: SheddableCollector {
  private static let contention = Family(
    "lock_contention_seconds", .histogram, unit: "seconds", labels: ["kind"],
    help: "Time that tasks waited for a contended kernel lock, until they had it or gave up.")

  package static let definition = CollectorDefinition<CollectorContext>(
    name: "locks", summary: "waits for contended kernel locks, by kind of lock", isOnByDefault: false,
    notes: """
      Needs kernel 5.19. Only contended locks have an event. A lock that is free has none, nor has one that is
      taken after a little spinning: a spinlock by the first in line behind the holder, a read-write semaphore by
      a task that gets it before it has to queue. On virtual machines without paravirtual spinlocks no spinlock
      has an event. The wait for a mutex counts as one, whether the task spins, sleeps or both. Kinds other than
      spinlock, mutex and rwsem have series from their first wait on.
      """,
    families: [contention], isIndependent: true
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
  private var histogram: KernelHistogram

  private init(_ programs: LockPrograms) {
    self.programs = programs
    histogram = KernelHistogram(of: programs.cpus)
  }

  package var canBeShed: Bool { true }
  package func shed() { programs.detach() }
  package func comeBack() throws(CollectorFailure) { try programs.restart() }

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
