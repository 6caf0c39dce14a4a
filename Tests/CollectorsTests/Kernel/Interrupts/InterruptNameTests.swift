import Fixtures
import Foundation
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// Real interrupts under names that the test gives them.
  @Suite(.serialized) struct InterruptNameTests {
    /// The number of the interrupt that comes most often while the disk is written to.
    private static func diskInterrupt() throws -> Int {
      func counts() throws -> [Int: UInt64] {
        let pairs = try Interrupts(paths: HostPaths()).interrupts.compactMap { interrupt in
          interrupt.number.map { ($0, interrupt.counts.reduce(0, +)) }
        }
        return Dictionary(pairs, uniquingKeysWith: +)
      }
      let before = try counts()
      try Load("disk-writes", 200).run()
      let grown = try counts().map { ($0.key, $0.value - (before[$0.key] ?? 0)) }
      let most = try #require(grown.max { $0.1 < $1.1 })
      #expect(most.1 >= 200, "the disk makes interrupts")
      return most.0
    }

    private final class Procfs {
      let paths: HostPaths
      private let tree: TemporaryTree

      init() throws {
        tree = try TemporaryTree()
        paths = HostPaths(procfs: tree.root, sysfs: "/sys")
      }

      func show(_ interrupts: [(number: Int, name: String, count: Int)]) throws {
        var text = "           CPU0\n"
        for (number, name, count) in interrupts {
          text += " \(number):  \(count)  PCI-MSIX-0000:00:02.0   1-edge      \(name)\n"
        }
        try tree.write("interrupts", text)
      }
    }

    private static let family = "hardirq_duration_seconds"

    /// The names are looked up again soon, not at once.
    private func readUntil(_ collectors: LiveCollectors, shows name: String) throws -> Reading {
      for _ in 0..<100 {
        let reading = try collectors.read()
        if reading.series(Self.family, ["name": name]) == 1 { return reading }
        pause(seconds: 0.05)
      }
      return try collectors.read()
    }

    @Test func counterOfADeviceThatGoesAndComesBackGoesOn() throws {
      let disk = try Self.diskInterrupt()
      let procfs = try Procfs()
      try procfs.show([(disk, "first", 100)])
      let collectors = try LiveCollectors(["irq"]) { $0.paths = procfs.paths }
      try Load("disk-writes", 100).run()
      let first = try readUntil(collectors, shows: "first").histogram(Self.family, ["name": "first"])
      #expect(first.count >= 100)

      try procfs.show([(disk, "second", 100)])
      _ = try readUntil(collectors, shows: "second")
      try Load("disk-writes", 100).run()
      let between = try collectors.read()
      #expect(between.histogram(Self.family, ["name": "second"]).count >= 100)
      let held = between.histogram(Self.family, ["name": "first"])
      #expect(held.count >= first.count)

      try procfs.show([])
      _ = try collectors.read()
      #expect(try collectors.read().histogram(Self.family, ["name": "first"]).count == held.count)

      try procfs.show([(disk, "first", 100)])
      for _ in 0..<100 {
        try Load("disk-writes", 10).run()
        // the table is read now and then
        pause(seconds: 0.05)
        if try collectors.read().histogram(Self.family, ["name": "first"]).count > held.count { break }
      }
      let back = try collectors.read().histogram(Self.family, ["name": "first"])
      #expect(back.count > held.count)
      #expect(try collectors.read().series(Self.family) == 3)
    }

    /// The bound holds, and nothing is missing in the sum.
    @Test func beyondTheLimitInterruptsAreOther() throws {
      let disk = try Self.diskInterrupt()
      let procfs = try Procfs()
      try procfs.show([(disk, "disk", 100), (disk + 1000, "busier", 200)])
      let collectors = try LiveCollectors(["irq"]) {
        $0.paths = procfs.paths
        $0.interrupts.limit = 1
      }
      let from = try collectors.read(beside: {})
      try Load("disk-writes", 100).run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.to.reading.series(Self.family) == 2)
      #expect(change.to.reading.series(Self.family, ["name": "busier"]) == 1)
      #expect(change.histogram(Self.family, ["irq": "other"]).count >= 100)
      #expect(change.histogram(Self.family, ["name": "busier"]).count == 0)
    }

    @Test func withoutNamesEverythingIsOther() throws {
      let procfs = try Procfs()
      let collectors = try LiveCollectors(["irq"]) { $0.paths = procfs.paths }
      let from = try collectors.read(beside: {})
      try Load("disk-writes", 100).run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.to.reading.series(Self.family) == 1)
      #expect(change.histogram(Self.family, ["irq": "other"]).count >= 100)
      #expect(change.to.reading.series("softirq_duration_seconds") == IRQCollector.vectors.count)
    }
  }
}
