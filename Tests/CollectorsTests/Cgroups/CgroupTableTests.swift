import Fixtures
import BPFPrograms
import Energy
import Testing

@testable import Collectors

/// Sums by control group: processes that come, go and move, groups that are admitted, evicted and removed.
@Suite struct CgroupTableTests {
  /// Processes in groups, as the kernel would tell of them.
  private struct Model {
    struct Process {
      let id: UInt32
      var group: UInt64
      var used: UInt64 = 0
      /// As the table remembers them between passes.
      var place: Int32 = -1
      var seen: UInt64 = 0
    }

    var processes: [Process] = []
    var dead: [UInt64: UInt64] = [:]
    var all: UInt64 = 0
    var time: UInt64 = 0
    private var nextID: UInt32 = 1
    private(set) var forgotten: [UInt64] = []

    mutating func start(in group: UInt64) {
      processes.append(Process(id: nextID, group: group))
      nextID += 1
    }

    mutating func use(_ index: Int, _ nanoseconds: UInt64) {
      processes[index].used += nanoseconds
      all += nanoseconds
    }

    mutating func end(_ index: Int) {
      let process = processes.remove(at: index)
      dead[process.group, default: 0] += process.used
    }

    mutating func pass(_ table: inout CgroupTable, baseline: UInt64 = 0, isFirst: Bool = false) {
      time += 5_000_000_000
      table.beginPass()
      for (group, runtime) in dead {
        var dead = DeadInCgroup()
        dead.runtime_ns = runtime
        table.addDead(
          CgroupKey(id: group, hierarchy: 0, unused: 0), dead, DeadWeights(runTime: runtime, kernel: 0))
      }
      for index in processes.indices {
        let key = CgroupKey(id: processes[index].group, hierarchy: 0, unused: 0)
        let place = table.group(of: key, before: processes[index].place, used: processes[index].seen)
        processes[index].place = place
        processes[index].seen = processes[index].used
        table.add(processes[index].used, process: processes[index].id, to: place)
      }
      var gone: [UInt64] = []
      table.endPass(
        time: time, all: all - baseline, decay: isFirst ? 0 : 0.9,
        events: .init(
          path: { key, _ in "/\(key.id)" }, admitted: { _, _ in }, evicted: { _ in }, forgotten: { gone.append($0.id) })
      )
      forgotten += gone
      for group in gone { dead[group] = nil }
    }
  }

  private var model = Model()
  private var table: CgroupTable

  init() {
    var options = CgroupOptions()
    options.limit = 2
    options.graceNanoseconds = 20_000_000_000
    table = CgroupTable(options: options)
  }

  private func used(_ group: Int) -> UInt64? { table.series.first { $0.path == "/\(group)" }?.used }

  @Test mutating func groupIsAdmittedOnceItMattersAndBeginsAtZero() {
    model.start(in: 1)
    model.use(0, 70_000_000)
    model.pass(&table, isFirst: true)
    #expect(table.series.isEmpty)
    model.use(0, 30_000_000)
    model.pass(&table)
    #expect(used(1) == 0)
    let admittedAt = model.time
    model.use(0, 5_000_000)
    model.pass(&table)
    #expect(used(1) == 5_000_000)
    #expect(table.series[0].startedAt == admittedAt)
    #expect(table.other == 100_000_000)
  }

  @Test mutating func shortLivedProcessesCountInTheirGroup() {
    model.start(in: 1)
    model.pass(&table, isFirst: true)
    model.use(0, 20_000_000)
    model.pass(&table)
    for _ in 0..<10 {
      model.start(in: 1)
      model.use(1, 3_000_000)
      model.end(1)
    }
    model.pass(&table)
    #expect(used(1) == 30_000_000)
  }

  @Test mutating func processThatMovesTakesNothingWithIt() {
    model.start(in: 1)
    model.start(in: 2)
    model.pass(&table, isFirst: true)
    for index in 0..<2 { model.use(index, 20_000_000) }
    model.pass(&table)
    model.use(0, 7_000_000)
    model.pass(&table)
    model.processes[0].group = 2
    model.pass(&table)
    model.use(0, 11_000_000)
    model.pass(&table)
    #expect(used(1) == 7_000_000)
    #expect(used(2) == 11_000_000)
    model.end(0)
    model.pass(&table)
    #expect(used(1) == 7_000_000)
    #expect(used(2) == 11_000_000)
  }

  @Test mutating func emptyGroupDisappearsAfterTheGraceTimeAndOtherDoesNotLeap() {
    model.start(in: 1)
    model.pass(&table, isFirst: true)
    for _ in 0..<2 {
      model.use(0, 20_000_000)
      model.pass(&table)
    }
    let other = table.other
    model.end(0)
    for _ in 0..<4 {
      model.pass(&table)
      #expect(used(1) == 20_000_000)
    }
    model.pass(&table)
    #expect(used(1) == nil)
    #expect(model.forgotten == [1])
    #expect(table.other == other)
  }

  @Test mutating func groupMadeAnewUnderTheSamePathGoesOn() {
    var made: UInt64 = 1
    let events = CgroupTable.Events(
      path: { _, _ in "/service" }, admitted: { _, _ in }, evicted: { _ in }, forgotten: { _ in })
    func pass(_ table: inout CgroupTable, runtime: UInt64, all: UInt64, at time: UInt64) {
      table.beginPass()
      let place = table.group(of: CgroupKey(id: made, hierarchy: 0, unused: 0), before: -1, used: 0)
      table.add(runtime, process: 1, to: place)
      table.endPass(time: time, all: all, decay: time == 0 ? 0 : 0.9, events: events)
    }
    pass(&table, runtime: 0, all: 0, at: 0)
    pass(&table, runtime: 50_000_000, all: 50_000_000, at: 1)
    pass(&table, runtime: 80_000_000, all: 80_000_000, at: 2)
    #expect(table.series.map(\.used) == [30_000_000])
    made = 2
    // one pass to see that the first is empty
    for time in 3...4 as ClosedRange<UInt64> { pass(&table, runtime: 40_000_000, all: 120_000_000, at: time) }
    pass(&table, runtime: 55_000_000, all: 135_000_000, at: 5)
    #expect(table.series.map(\.used) == [45_000_000])
    #expect(table.series.map(\.startedAt) == [1])
  }

  @Test(arguments: 1...60 as ClosedRange<UInt64>)
  mutating func increasesOfAllSeriesAreEverythingUsedAndNoCounterFalls(seed: UInt64) {
    var random = Generator(seed: seed)
    for group in 1...5 as ClosedRange<UInt64> { model.start(in: group) }
    model.use(0, 1_000_000_000)
    let baseline = model.all
    model.pass(&table, baseline: baseline, isFirst: true)
    for _ in 0..<150 {
      let before = (shown: shown, other: table.other, all: model.all)
      disturb(&random)
      model.pass(&table, baseline: baseline)
      #expect(table.series.count <= 2)
      #expect(table.other >= before.other)
      var grown = table.other - before.other
      for (path, used) in shown {
        if let old = before.shown[path] {
          #expect(used >= old)
          grown += used - old
        }
      }
      #expect(grown == model.all - before.all)
    }
  }

  private var shown: [String: UInt64] { Dictionary(uniqueKeysWithValues: table.series.map { ($0.path, $0.used) }) }

  private mutating func disturb(_ random: inout Generator) {
    for _ in 0..<random.below(6) {
      let index = model.processes.isEmpty ? 0 : Int(random.below(UInt64(model.processes.count)))
      switch random.below(6) {
      case 0: model.start(in: 1 + random.below(6))
      case 1 where !model.processes.isEmpty: model.end(index)
      // seen in its group first: what it used between two passes is that of the group it is found in
      case 2 where !model.processes.isEmpty && model.processes[index].place >= 0:
        if model.processes[index].seen == model.processes[index].used {
          model.processes[index].group = 1 + random.below(6)
          return
        }
      case 3, 4, 5:
        if !model.processes.isEmpty { model.use(index, random.below(60_000_000)) }
      default: break
      }
    }
  }
}
