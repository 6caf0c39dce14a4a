import Fixtures
import BPFPrograms
import Testing

@testable import Collectors

/// Whatever processes do, no figure is lost, counted twice or falls.
@Suite struct ProcessTablePropertyTests {
  private struct Label: Hashable {
    let tgid: UInt32
    let comm: [UInt8]
    let cgroup: String
  }

  /// Also where only every so many passes are scraped: figures that were never shown are not lost with their series.
  @Test(arguments: 1...60 as ClosedRange<UInt64>, [1, 4])
  func sumOverAllSeriesIsEverythingUsedAndNoCounterFalls(seed: UInt64, passesPerScrape: Int) {
    var kernel = ModelKernel(seed: seed)
    kernel.threadsFirst = seed % 3 == 0
    var options = ProcessOptions()
    options.limit = 2 + Int(seed % 5)
    options.graceNanoseconds = 20_000_000_000
    var tables = TaskTables(processes: ProcessTable(options: options))
    for id in 1...6 as ClosedRange<UInt32> { kernel.start(id, comm: "a") }
    for index in 0..<6 { kernel.use(index, upTo: 1_000_000_000) }
    kernel.pass(&tables)
    let baseline = kernel.everything
    var shown: [Label: (TaskUsage, CPUTimeSplit)] = [:]
    var past = Past()
    var other = tables.processes.other
    var otherCPU = tables.processes.otherCPU

    for pass in 1...150 {
      disturb(&kernel)
      kernel.advance(5_000_000_000)
      let isScraped = pass % passesPerScrape == 0
      kernel.pass(&tables, isScraped: isScraped)
      if !isScraped { continue }

      #expect(tables.processes.series.count <= options.limit)
      var sum = tables.processes.other
      var present: [Label: (TaskUsage, CPUTimeSplit)] = [:]
      var carried: [Label: TaskUsage] = [:]
      for one in tables.processes.series {
        sum += one.used
        let label = Label(tgid: one.tgid, comm: one.comm, cgroup: one.cgroup)
        carried[label] = one.carried
        #expect(
          present.updateValue((one.used, one.cpu), forKey: label) == nil, "\(label) is there twice in pass \(pass)")
        #expect(one.cpu.user + one.cpu.system == one.used.runtime_ns)
        if let before = shown[label] {
          #expect(!Self.falls(from: before.0, to: one.used), "\(label) falls in pass \(pass)")
          #expect(one.cpu.user >= before.1.user && one.cpu.system >= before.1.system, "\(label) in pass \(pass)")
        }
      }
      past.add(shown: shown, present: present, carried: carried)
      sum += past.sum
      shown = present
      let used = kernel.everything.subtracting(baseline)
      for counter in TaskUsage.counters {
        #expect(sum[keyPath: counter] == used[keyPath: counter], "\(counter) in pass \(pass)")
      }
      #expect(tables.processes.otherCPU.user + tables.processes.otherCPU.system == tables.processes.other.runtime_ns)
      #expect(!Self.falls(from: other, to: tables.processes.other))
      #expect(tables.processes.otherCPU.user >= otherCPU.user && tables.processes.otherCPU.system >= otherCPU.system)
      other = tables.processes.other
      otherCPU = tables.processes.otherCPU
    }
  }

  /// What series that are not shown any more had: it is theirs for good, unless one goes on from there.
  private struct Past {
    private var absent: [Label: TaskUsage] = [:]
    private var closed = TaskUsage()

    mutating func add(
      shown: [Label: (TaskUsage, CPUTimeSplit)], present: [Label: (TaskUsage, CPUTimeSplit)],
      carried: [Label: TaskUsage]
    ) {
      for (label, value) in shown where present[label] == nil { absent[label] = value.0 }
      for label in present.keys {
        guard let before = absent.removeValue(forKey: label) else { continue }
        // by its figures nobody can tell one that began anew and has grown since
        if falls(from: before, to: carried[label]!) { closed += before }
      }
    }

    var sum: TaskUsage { absent.values.reduce(into: closed) { $0 += $1 } }
  }

  private static func falls(from: TaskUsage, to: TaskUsage) -> Bool {
    TaskUsage.counters.contains { to[keyPath: $0] < from[keyPath: $0] }
  }

  /// Some of what may happen between two passes.
  private func disturb(_ kernel: inout ModelKernel) {
    for _ in 0..<8 {
      let count = UInt64(kernel.processes.count)
      let place = count == 0 ? 0 : Int(kernel.generator.below(count))
      switch kernel.generator.below(16) {
      case 0:
        let id = UInt32(1 + kernel.generator.below(12))
        if !kernel.processes.contains(where: { $0.tgid == id }) {
          kernel.start(id, comm: kernel.generator.chance(2) ? "a" : "b")
        }
      case 1 where count > 2: kernel.end(place)
      case 2 where count > 0: kernel.rename(place, kernel.generator.chance(2) ? "a" : "b")
      case 3 where count > 0: kernel.move(place, 1 + kernel.generator.below(2))
      case 4 where count > 0: kernel.startThread(place)
      case 5 where count > 0: kernel.endThread(place)
      default:
        if count > 0 { kernel.use(place, upTo: kernel.generator.chance(4) ? 4_000_000_000 : 30_000_000) }
      }
    }
  }
}
