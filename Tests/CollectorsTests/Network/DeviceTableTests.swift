import Fixtures
import Testing

@testable import Collectors

@Suite struct DeviceTableTests {
  private let second: UInt64 = 1_000_000_000

  /// What a device has received so many packets of.
  private func counters(_ packets: UInt64) -> DeviceCounters {
    var result = DeviceCounters()
    result.received = packets
    result.receivedBytes = packets * 100
    result.queue = KernelHistogram(isFine: false)
    result.queue.add(words: [0, packets, packets * 5], at: 0, count: 2, size: 3)
    return result
  }

  @Test func idleDevicesThatExistKeepTheirSeries() {
    var table = DeviceTable(limit: 4, grace: 10 * second)
    table.update([("", counters(0)), ("eth0", counters(1))], now: 0)
    table.retire(now: 1_000 * second, exists: { _ in true }, forget: { Issue.record("\($0) is forgotten") })
    #expect(table.entries.map(\.name) == ["eth0"])
  }

  @Test func goneDevicesLoseThemOnceIdle() {
    var table = DeviceTable(limit: 4, grace: 10 * second)
    var forgotten: [String] = []
    table.update([("eth0", counters(1))], now: 0)
    table.update([("eth0", counters(2))], now: 5 * second)
    table.markShown()
    table.retire(now: 14 * second, exists: { _ in false }, forget: { forgotten.append($0) })
    #expect(forgotten == [])
    table.retire(now: 15 * second, exists: { _ in false }, forget: { forgotten.append($0) })
    #expect(forgotten == ["eth0"])
    #expect(table.entries.isEmpty)
    // it was all shown: the others did not do it
    #expect(table.otherValue == counters(0))
  }

  @Test func whatNoScrapeHasSeenGoesToTheOthers() {
    var table = DeviceTable(limit: 4, grace: 0)
    table.update([("eth0", counters(7))], now: 0)
    table.markShown()
    table.update([("eth0", counters(9))], now: 1)
    table.retire(now: 1, exists: { _ in false }, forget: { _ in })
    #expect(table.otherValue == counters(2))
    // back with new counters: from where its series was
    table.update([("eth0", counters(1))], now: 2)
    #expect(table.entries.map(\.value) == [counters(8)])
    #expect(table.otherValue == counters(2))
  }

  @Test func aSeriesBeganAtTheLastLookThatDidNotFindItsDevice() {
    var table = DeviceTable(limit: 4, grace: 0)
    table.update([("a", counters(7))], now: 5)
    table.update([("a", counters(7)), ("b", counters(1))], now: 9)
    #expect(table.entries.map(\.startedAt) == [nil, 5])
    table.markShown()
    table.retire(now: 9, exists: { $0 != "b" }, forget: { _ in })
    // it goes on from where it was
    table.update([("b", counters(1))], now: 20)
    #expect(table.entries.first { $0.name == "b" }?.startedAt == 5)
  }

  /// They need none of the host's.
  @Test func packetsOfOtherNamespacesCostNobodyItsPlace() {
    var table = DeviceTable(limit: 1, grace: 10 * second)
    table.update([("", counters(0)), ("other", counters(1)), ("a", counters(1))], now: 0)
    table.update([("", counters(0)), ("other", counters(9)), ("a", counters(1))], now: 20 * second)
    table.retire(now: 20 * second, exists: { _ in true }, forget: { Issue.record("\($0) is forgotten") })
    #expect(table.entries.map(\.name) == ["a"])
    #expect(table.otherValue == counters(9))
  }

  @Test func theLongestIdleGivesItsPlaceToOneThatNeedsIt() {
    var table = DeviceTable(limit: 2, grace: 10 * second)
    var forgotten: [String] = []
    let retire = { (table: inout DeviceTable, now: UInt64) in
      table.retire(now: now, exists: { _ in true }, forget: { forgotten.append($0) })
    }
    table.update([("", counters(0)), ("a", counters(1)), ("b", counters(1))], now: 0)
    table.update([("", counters(0)), ("a", counters(2)), ("b", counters(1))], now: second)
    retire(&table, 20 * second)
    #expect(forgotten == [])
    table.update([("", counters(5)), ("a", counters(2)), ("b", counters(1))], now: 21 * second)
    retire(&table, 21 * second)
    #expect(forgotten == ["b"])
    // nobody has asked since
    retire(&table, 30 * second)
    #expect(forgotten == ["b"])
  }

  @Test func aDeviceCalledOtherIsAmongTheOthers() {
    var table = DeviceTable(limit: 4, grace: 0)
    table.update([("", counters(2)), ("other", counters(3))], now: 0)
    #expect(table.entries.isEmpty)
    #expect(table.otherValue == counters(5))
  }

  /// Devices come, go and come back at random, are scraped now and then, and may be more than there is room for.
  @Test(arguments: 0..<200) func nothingFallsAndEveryIncreaseIsShownOnce(seed: UInt64) {
    var generator = Generator(seed: seed)
    let names = (0..<6).map { "d\($0)" }
    var table = DeviceTable(limit: 3, grace: 3)
    // the kernel's side: counters of those that have room, and of all others
    var kernel: [String: UInt64] = [:]
    var others: UInt64 = 0
    var passed: UInt64 = 0
    var shown: [String: UInt64] = [:]
    var increases: UInt64 = 0
    for now in 1...UInt64(120) {
      for _ in 0..<Int.random(in: 0...3, using: &generator) {
        let name = names.randomElement(using: &generator)!
        passed += 1
        if kernel[name] != nil || kernel.count < 3 { kernel[name, default: 0] += 1 } else { others += 1 }
      }
      table.update(kernel.map { ($0.key, counters($0.value)) } + [("", counters(others))], now: now)
      if Bool.random(using: &generator) {
        table.markShown()
        var scrape = ["other": table.otherValue.received]
        for entry in table.entries { scrape[entry.name] = entry.value.received }
        for (name, value) in scrape {
          let before = shown[name] ?? 0
          #expect(value >= before, "\(name) fell from \(before) to \(value)")
          increases += value - before
          shown[name] = value
        }
        #expect(increases == passed)
      }
      let exists = Set(names.filter { _ in Bool.random(using: &generator) })
      table.retire(now: now, exists: exists.contains, forget: { kernel[$0] = nil })
    }
  }
}
