import Fixtures
import BPFPrograms
import Testing

@testable import Collectors

/// Admission, labels, grace time and the reuse of process ids, step by step.
@Suite struct ProcessTableTests {
  private static let step: UInt64 = 5_000_000_000
  private var kernel = ModelKernel(seed: 1)
  private var tables: TaskTables

  init() {
    var options = ProcessOptions()
    options.limit = 3
    options.graceNanoseconds = 40_000_000_000
    tables = TaskTables(processes: ProcessTable(options: options))
  }

  private mutating func pass() {
    kernel.advance(Self.step)
    kernel.pass(&tables)
  }

  /// Four passes in which process `index` is busy: the first knows it, the second admits it, from the third on it counts.
  private mutating func admit(_ index: Int = 0) {
    for _ in 0..<4 {
      kernel.use(index, upTo: 8_000_000_000)
      pass()
    }
  }

  @Test mutating func processIsAdmittedOnceItMattersAndBeginsAtZero() {
    kernel.start(7, comm: "idle")
    kernel.start(8, comm: "busy")
    kernel.use(1, upTo: 8_000_000_000)
    pass()
    #expect(tables.processes.series.isEmpty)
    kernel.use(1, upTo: 8_000_000_000)
    pass()
    #expect(tables.processes.series.map(\.tgid) == [8])
    #expect(tables.processes.series[0].used.runtime_ns == 0)
    let admittedAt = tables.processes.time
    pass()
    #expect(tables.processes.series[0].startedAt == admittedAt)
    let before = kernel.processes[1].leader.runtime_ns
    kernel.use(1, upTo: 8_000_000_000)
    pass()
    #expect(tables.processes.series[0].used.runtime_ns == kernel.processes[1].leader.runtime_ns - before)
  }

  @Test mutating func endedProcessKeepsItsFinalFiguresForTheGraceTime() {
    kernel.start(7, comm: "busy")
    admit()
    let shown = tables.processes.series[0].used.runtime_ns
    let before = kernel.everything.runtime_ns
    kernel.use(0, upTo: 8_000_000_000)
    let final = shown + kernel.everything.runtime_ns - before
    kernel.end(0)
    for _ in 0..<8 {
      pass()
      #expect(tables.processes.series.map(\.used.runtime_ns) == [final])
      #expect(tables.processes.series[0].record == nil)
    }
    pass()
    #expect(tables.processes.series.isEmpty)
    #expect(kernel.watched.isEmpty)
  }

  @Test mutating func idOfAnEndedProcessStandsForANewOne() {
    kernel.start(7, comm: "first")
    admit()
    let first = tables.processes.series[0].used.runtime_ns
    kernel.end(0)
    kernel.start(7, comm: "second")
    admit()
    #expect(tables.processes.series.map { String(decoding: $0.comm, as: UTF8.self) } == ["first", "second"])
    #expect(tables.processes.series[0].used.runtime_ns == first)
    #expect(tables.processes.series[1].used.runtime_ns < kernel.processes[0].leader.runtime_ns)
  }

  /// Two series of the same labels would be refused by the scraper: the new process goes on from the old one's figures.
  @Test mutating func reusedIdWithTheSameNameGoesOnInTheSameSeries() {
    kernel.start(7, comm: "same")
    admit()
    let first = tables.processes.series[0].used.runtime_ns
    let startedAt = tables.processes.series[0].startedAt
    #expect(first > 0)
    kernel.end(0)
    kernel.start(7, comm: "same")
    admit()
    kernel.use(0, upTo: 8_000_000_000)
    pass()
    #expect(tables.processes.series.count == 1)
    #expect(tables.processes.series[0].used.runtime_ns > first)
    #expect(tables.processes.series[0].startedAt == startedAt)
    #expect(tables.processes.series[0].admittedAt > startedAt)
    #expect(tables.processes.series[0].startTime == kernel.processes[0].startTime)
  }

  /// What a process used under a new name is not added to the old name's series as well as it ends.
  @Test mutating func renamedProcessGoesOnUnderItsNewNameAlone() {
    kernel.start(7, comm: "sh")
    admit()
    kernel.rename(0, "make")
    pass()
    let old = tables.processes.series[0].used.runtime_ns
    admit()
    kernel.end(0)
    pass()
    #expect(tables.processes.series.map { String(decoding: $0.comm, as: UTF8.self) } == ["sh", "make"])
    #expect(tables.processes.series[0].used.runtime_ns == old)
    #expect(tables.processes.series[1].used.runtime_ns > 0)
  }

  /// Its former names would keep the places of others for the grace time.
  @Test mutating func processThatRenamesItselfKeepsOneSeriesBesideItsOwn() {
    kernel.start(7, comm: "name")
    admit()
    let baseline =
      kernel.everything.runtime_ns - tables.processes.series[0].used.runtime_ns - tables.processes.other.runtime_ns
    for name in 1...20 {
      kernel.rename(0, "name\(name)")
      kernel.use(0, upTo: 8_000_000_000)
      kernel.advance(1_000_000_000)
      // most of its names are never scraped
      kernel.pass(&tables, isScraped: false)
      #expect(tables.processes.series.count <= 2)
      #expect(tables.processes.series.count { $0.endedAt != nil } <= 1)
      // and none of its time is lost with them: "name" alone was ever shown
      let sum = tables.processes.series.reduce(tables.processes.other.runtime_ns) { $0 + $1.used.runtime_ns }
      #expect(sum + tables.processes.goneUsed.runtime_ns + baseline == kernel.everything.runtime_ns)
    }
    #expect(tables.processes.goneUsed.runtime_ns < kernel.everything.runtime_ns / 2)
  }

  @Test mutating func seriesThatEndTogetherGoInOnePass() {
    var options = ProcessOptions()
    options.limit = 10_000
    options.graceNanoseconds = 20_000_000_000
    tables = TaskTables(processes: ProcessTable(options: options))
    for id in 1...10_000 as ClosedRange<UInt32> { kernel.start(id, comm: "p") }
    for _ in 0..<3 {
      for index in 0..<10_000 { kernel.run(index, 50_000_000) }
      pass()
    }
    #expect(tables.processes.series.count == 10_000)
    while !kernel.processes.isEmpty { kernel.end(kernel.processes.count - 1, isFreed: false) }
    kernel.free()
    var most = 0
    for _ in 0..<6 {
      let before = tables.processes.reindexings
      pass()
      most = max(most, tables.processes.reindexings - before)
    }
    #expect(tables.processes.series.isEmpty)
    #expect(kernel.watched.isEmpty)
    // each goes once over all there are
    #expect(most <= 2)
  }

  @Test mutating func busierProcessTakesTheLeastBusyOnesPlaceAfterTheGraceTime() {
    for id in 1...4 as ClosedRange<UInt32> { kernel.start(id, comm: "p\(id)") }
    for _ in 0..<3 {
      for index in 0..<3 { kernel.use(index, upTo: 1_000_000_000) }
      pass()
    }
    #expect(Set(tables.processes.series.map(\.tgid)) == [1, 2, 3])
    for _ in 0..<12 {
      for index in 1..<4 { kernel.use(index, upTo: 9_000_000_000) }
      pass()
    }
    #expect(Set(tables.processes.series.map(\.tgid)) == [2, 3, 4])
  }

  @Test mutating func threadsToldOfBeforeTheirLeaderCountAsItsOwn() {
    kernel.threadsFirst = true
    kernel.start(7, comm: "busy")
    kernel.startThread(0)
    admit()
    let before = kernel.everything.runtime_ns
    let shown = tables.processes.series[0].used.runtime_ns
    for _ in 0..<10 { kernel.use(0, upTo: 1_000_000_000) }
    pass()
    #expect(tables.processes.series[0].used.runtime_ns == shown + kernel.everything.runtime_ns - before)
  }

  @Test mutating func memoryAndThreadsOfOtherAreThoseWithoutSeries() {
    kernel.start(7, comm: "busy")
    kernel.start(8, comm: "idle")
    pass()
    #expect(tables.processes.otherThreads == 2)
    admit()
    #expect(tables.processes.otherThreads == 1)
    #expect(tables.processes.otherResident == 4096)
    #expect(tables.processes.otherVirtual == 8192)
  }
}

@Suite struct CPUTimeSplitTests {
  /// As cputime_adjust() does it, and with products of more than 64 bits.
  @Test(
    arguments: [
      (100, 0, 0, 0), (100, 1, 0, 0), (100, 0, 1, 100), (100, 1, 1, 50), (UInt64.max, 1 << 62, 1 << 62, UInt64.max / 2),
      (1_000_000_007, 2, 1, 333_333_335),
    ] as [(UInt64, UInt64, UInt64, UInt64)])
  func shareOfSystemTimeIsThatOfItsTicks(runtime: UInt64, user: UInt64, system: UInt64, share: UInt64) {
    #expect(CPUTimeSplit.system(of: runtime, userTicks: user, systemTicks: system) == share)
  }

  @Test func neitherPartFallsAndTheirSumIsExact() {
    var generator = Generator(seed: 3)
    var split = CPUTimeSplit()
    var runtime: UInt64 = 0
    for _ in 0..<10_000 {
      let before = split
      runtime += generator.below(1_000_000_000)
      split.advance(to: runtime, systemTarget: generator.below(2 * runtime + 1))
      #expect(split.user >= before.user && split.system >= before.system)
      #expect(split.user + split.system == runtime)
    }
  }
}
