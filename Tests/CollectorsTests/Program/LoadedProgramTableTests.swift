import Fixtures
import Host
import Testing

@testable import Collectors

/// Which of the machine's eBPF programs have series, and what is left for the sum of the others.
@Suite struct LoadedProgramTableTests {
  private func program(_ id: UInt32, _ run: UInt64, runs: UInt64? = nil, bytes: UInt64? = 4096) -> LoadedObject {
    LoadedObject(id: id, type: 26, name: "p\(id)", runNanoseconds: run, runs: runs ?? run / 10, bytes: bytes)
  }

  private func shown(_ table: LoadedProgramTable) -> [UInt32: UInt64] {
    table.entries.mapValues(\.counted.nanoseconds)
  }

  @Test func thoseThatRanMostHaveSeriesAndCountFromThenOn() {
    var table = LoadedProgramTable(limit: 2)
    table.read([program(1, 10), program(2, 500), program(3, 300)], now: 7)
    #expect(shown(table) == [2: 0, 3: 0])
    #expect(table.entries[2]?.began == 7)
    #expect(table.other == .init())
    #expect(table.otherBytes == 4096)
    // the one without comes to have run most, and stays where it is
    table.read([program(1, 9_010), program(2, 510), program(3, 330)], now: 8)
    #expect(shown(table) == [2: 10, 3: 30])
    #expect(table.other == .init(nanoseconds: 9_000, runs: 900))
  }

  @Test func onesPlaceIsAnothersOnceItIsGone() {
    var table = LoadedProgramTable(limit: 1)
    table.read([program(1, 100), program(2, 50)], now: 1)
    table.read([program(2, 80), program(3, 1_000)], now: 2)
    // new, and counted from when it was seen
    #expect(shown(table) == [3: 0])
    #expect(table.other == .init(nanoseconds: 30, runs: 3))
    #expect(table.entries[3]?.began == 2)
    // an id that is used again is another program: its figures begin below
    table.read([program(3, 20)], now: 3)
    #expect(shown(table) == [3: 0])
    #expect(table.otherBytes == nil)
  }

  @Test func memoryOfTheOthersIsAbsentWhereSomeCannotBeRead() {
    var table = LoadedProgramTable(limit: 0)
    table.read([program(1, 1), program(2, 1, bytes: nil)], now: 1)
    #expect(table.otherBytes == nil)
    table.read([program(1, 1), program(2, 1)], now: 1)
    #expect(table.otherBytes == 8192)
  }

  /// Whatever comes and goes: no series and no sum falls, there are never more than the limit, and nothing that was counted of
  /// programs that stayed is lost.
  @Test func countersNeverFall() {
    var random = Generator(seed: 5)
    var table = LoadedProgramTable(limit: 3)
    var run: [UInt32: UInt64] = [:]
    var seen: Set<UInt32> = []
    var total: UInt64 = 0
    var earlier: [UInt32: LoadedProgramTable.Entry] = [:]
    var kept: UInt64 = 0
    for step in 1...500 as ClosedRange<UInt64> {
      for id in run.keys.sorted() {
        let more = random.below(100)
        run[id]! += more
        if seen.contains(id) { total += more }
      }
      let other = table.other
      table.read(run.map { program($0.key, $0.value, runs: $0.value) }, now: step)
      seen.formUnion(run.keys)
      #expect(table.entries.count <= 3)
      #expect(table.other.nanoseconds >= other.nanoseconds)
      for (id, entry) in table.entries {
        if let before = earlier[id] { #expect(entry.counted.nanoseconds >= before.counted.nanoseconds) }
      }
      let shown = table.entries.values.reduce(table.other.nanoseconds) { $0 + $1.counted.nanoseconds }
      #expect(shown + kept == total)
      earlier = table.entries
      // after a reading, so that none takes unread counts with it
      if random.chance(3), let gone = run.keys.sorted().first {
        run[gone] = nil
        kept += earlier[gone]?.counted.nanoseconds ?? 0
        earlier[gone] = nil
      }
      // what it had run when it was first seen is not counted
      if random.chance(2), run.count < 8 {
        let new = UInt32(step)
        run[new] = 0
      }
    }
  }
}
