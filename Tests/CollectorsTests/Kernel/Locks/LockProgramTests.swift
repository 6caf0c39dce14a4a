import BPFPrograms
import Foundation
import Collecting
import Glibc
import Logging
import Testing

@testable import BPF
@testable import Collectors

extension KernelTests {
  /// The lock programs, run by hand in the calling thread: what no load can be made to do.
  @Suite(.serialized) struct LockProgramTests {
    private static let spin: UInt64 = 1
    private static let read: UInt64 = 2
    private static let write: UInt64 = 4
    private static let rt: UInt64 = 8
    private static let percpu: UInt64 = 16
    private static let mutex: UInt64 = 32

    /// Addresses that no lock has.
    private static let locks: [UInt64] = (1...40).map { $0 << 4 }

    /// The programs, not attached: nothing else on the machine is counted.
    private final class Scene {
      let programs: LockPrograms
      /// What was counted while they were attached.
      private var before: [String: UInt64] = [:]

      init(_ form: TaskForm) throws {
        var options = CollectorOptions()
        options.locks.form = form
        programs = try LockPrograms.load(options: options, logger: .init(label: "tests"))
        programs.detach()
        // what runs on this thread's own CPU runs in this thread
        stay(on: [usableCPUs[0]])
        forget()
      }

      deinit { stay(on: usableCPUs) }

      func begin(_ lock: UInt64, _ flags: UInt64) throws {
        try programs.run("contention_begin", on: usableCPUs[0], lock, flags)
      }

      func end(_ lock: UInt64) throws { try programs.run("contention_end", on: usableCPUs[0], lock, 0) }

      func forget() { before = all() }

      /// Waits counted since, by kind.
      func counts() -> [String: UInt64] {
        all().merging(before, uniquingKeysWith: -).filter { $0.value > 0 }
      }

      private func all() -> [String: UInt64] {
        let base = MemoryLayout<LocksPerCPU>.offset(of: \.contention)!
        var result: [String: UInt64] = [:]
        for (kind, name) in LocksCollector.kinds.enumerated() {
          var words = [UInt64](repeating: 0, count: Int(HISTOGRAM_SLOTS))
          programs.cpus.addWords(at: base + kind * MemoryLayout<HistogramSlots>.stride, to: &words)
          result[name] = words.reduce(0, +)
        }
        return result
      }
    }

    private static let kinds: [(UInt64, String)] = [
      (spin, "spinlock"), (spin | read, "rwlock_read"), (spin | write, "rwlock_write"), (mutex, "mutex"),
      (mutex | spin, "mutex"), (read, "rwsem_read"), (write, "rwsem_write"), (percpu | read, "percpu_rwsem_read"),
      (percpu | write, "percpu_rwsem_write"), (0, "semaphore"), (rt, "rtmutex"), (rt | read, "rt_rwlock_read"),
      (rt | write, "rt_rwlock_write"),
    ]

    @Test(arguments: kinds, TaskForm.allCases)
    func flagsSayTheKind(kind: (flags: UInt64, name: String), form: TaskForm) throws {
      let scene = try Scene(form)
      try scene.begin(Self.locks[0], kind.flags)
      #expect(scene.counts().isEmpty)
      try scene.end(Self.locks[0])
      #expect(scene.counts() == [kind.name: 1])
    }

    @Test(arguments: TaskForm.allCases)
    func waitsInsideOthersAreCountedBoth(form: TaskForm) throws {
      let scene = try Scene(form)
      try scene.begin(Self.locks[0], Self.percpu | Self.write)
      try scene.begin(Self.locks[1], Self.mutex | Self.spin)
      try scene.begin(Self.locks[2], Self.spin)
      try scene.begin(Self.locks[3], Self.spin)
      for lock in [3, 2, 1, 0] { try scene.end(Self.locks[lock]) }
      #expect(scene.counts() == ["percpu_rwsem_write": 1, "mutex": 1, "spinlock": 2])
    }

    /// As __mutex_lock_common() tells of it: spinning, sleeping, spinning again.
    @Test(arguments: TaskForm.allCases)
    func mutexSpunForSeveralTimesIsOneWait(form: TaskForm) throws {
      let scene = try Scene(form)
      for flags in [Self.mutex | Self.spin, Self.mutex, Self.mutex | Self.spin, Self.mutex] {
        try scene.begin(Self.locks[0], flags)
        pause(seconds: 0.01)
      }
      try scene.end(Self.locks[0])
      try scene.end(Self.locks[0])
      #expect(scene.counts() == ["mutex": 1])
      let base = MemoryLayout<LocksPerCPU>.offset(of: \.contention)! + 3 * MemoryLayout<HistogramSlots>.stride
      #expect(scene.programs.cpus.sum(offset: base + Int(HISTOGRAM_SLOTS) * 8) >= 40_000_000)
    }

    @Test(arguments: [spin, read], TaskForm.allCases)
    func endsWithoutBeginningsCountNothing(flags: UInt64, form: TaskForm) throws {
      let scene = try Scene(form)
      for lock in Self.locks { try scene.end(lock) }
      #expect(scene.counts().isEmpty)
      try scene.begin(Self.locks[0], flags)
      try scene.end(Self.locks[1])
      #expect(scene.counts().isEmpty)
      try scene.end(Self.locks[0])
      #expect(scene.counts().values.reduce(0, +) == 1)
    }

    /// Waits whose end was missed are in nobody's way for longer than there is room for, and are said to be lost.
    @Test(arguments: [spin, read], TaskForm.allCases)
    func beginningsWithoutEndsLeakNothing(flags: UInt64, form: TaskForm) throws {
      let scene = try Scene(form)
      for lock in Self.locks { try scene.begin(lock, flags) }
      #expect(scene.counts().isEmpty)
      let lost = scene.programs.lostUpdates().first { $0.cause == "nesting" }
      #expect((lost?.count ?? 0) > 0 && (lost?.count ?? 0) <= UInt64(Self.locks.count))
      var counted: UInt64 = 0
      for _ in 0..<10 {
        try scene.begin(Self.locks[0], flags)
        try scene.end(Self.locks[0])
        let now = scene.counts().values.reduce(0, +)
        if now == counted { continue }
        counted = now
      }
      // at most one more was given up to make room
      #expect(counted >= 9)
    }

    /// Between detaching and attaching again ends go unseen: a wait from before is no wait of now.
    @Test(arguments: [spin, mutex], TaskForm.allCases)
    func waitFromBeforeAttachingIsForgotten(flags: UInt64, form: TaskForm) throws {
      let scene = try Scene(form)
      try scene.begin(Self.locks[0], flags)
      try scene.programs.reattach()
      scene.programs.detach()
      scene.forget()
      try scene.end(Self.locks[0])
      #expect(scene.counts().isEmpty)
      // the same lock again: a new wait, also of a mutex
      try scene.begin(Self.locks[0], flags)
      try scene.end(Self.locks[0])
      #expect(scene.counts().values.reduce(0, +) == 1)
    }

    @Test func kernelWithoutTheTracepointsIsTold() {
      let failure = LockPrograms.failure(BPFError("attach contention_end of locks", errno: ENOENT))
      #expect(failure.reason == .hook)
      #expect(failure.message.contains("contention_begin"))
      #expect(failure.cure.contains("5.19"))
    }

    @Test(.enabled(if: !lockTracepointsExist))
    func collectorWithoutTheTracepointsDoesNotStart() throws {
      #expect { try LiveCollectors(["locks"]) } throws: { ($0 as? CollectorFailure)?.reason == .hook }
    }
  }
}
