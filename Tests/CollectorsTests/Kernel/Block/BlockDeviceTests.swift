import Foundation
import Glibc
import Testing

@testable import Collectors

extension KernelTests {
  /// Disks that come and go, and more of them than may have series.
  @Suite(.serialized) struct BlockDeviceTests {
    /// A number no machine has a loop device of by itself.
    private static let number = 777

    @Test func aDiskThatGoesKeepsNothingAndGoesOnWhereItWas() throws {
      let file = try TestFile(8 << 20)
      let collectors = try LiveCollectors(["block"]) { $0.block.devices = 3 }
      let programs = try #require(collectors.context.kernel.loaded.first as? BlockPrograms)
      let labels = ["device": "loop\(Self.number)", "operation": "read"]
      var shown: UInt64 = 0
      // more often than there are places
      for round in 1...6 {
        let device = try LoopDevice(file, number: Self.number)
        let noise = try DiskFigures(device.name).requests("read")
        try directRequests(device.path, writing: false, size: 4096, count: 100)
        let reads = try DiskFigures(device.name).requests("read") - noise
        let now = try collectors.read().sum("block_ios", labels)
        #expect(now >= shown + reads, "round \(round)")
        shown = now
        device.detach()
        try LoopDevice.remove(Self.number)
        let after = try collectors.read()
        #expect(after.series("block_ios", ["device": device.name]) == 0)
        #expect(after.series("block_inflight_ios", ["device": device.name]) == 0)
        #expect(try !programs.devices().contains { $0.name == device.name })
        #expect(programs.underWay(device.number) == 0)
      }
      #expect(shown >= 600)
    }

    @Test func disksBeyondTheLimitShareOther() throws {
      let collectors = try LiveCollectors(["block"]) { $0.block.devices = 1 }
      let devices = try (0..<3).map { _ in try LoopDevice(try TestFile(4 << 20)) }
      let names = devices.map(\.name)
      for device in devices { try directRequests(device.path, writing: false, size: 4096, count: 50) }
      let reading = try collectors.read()
      let own = names.filter { reading.series("block_ios", ["device": $0]) > 0 }
      #expect(own.count <= 1)
      let inOther = names.count - own.count
      #expect(reading.sum("block_ios", ["device": "other", "operation": "read"]) >= UInt64(50 * inOther))
      #expect(reading.gauge("block_inflight_ios", ["device": "other"]) == 0)
      // nothing is counted in two places
      for name in own { #expect(reading.sum("block_ios", ["device": name, "operation": "read"]) < 100) }
      #expect(reading.series("block_inflight_ios") <= 2)
    }

    /// CPUs know the places of disks that they have seen; as one is forgotten, none of them may count there any more.
    @Test func aDiskThatIsForgottenIsCountedAnew() throws {
      let device = try LoopDevice(try TestFile(4 << 20))
      let collectors = try LiveCollectors(["block"])
      let programs = try #require(collectors.context.kernel.loaded.first as? BlockPrograms)
      func disk() throws -> BlockPrograms.Device? { try programs.devices().first { $0.name == device.name } }
      for round in 1...5 {
        for cpu in usableCPUs {
          stay(on: [cpu])
          try directRequests(device.path, writing: false, size: 4096, count: 20)
        }
        stay(on: usableCPUs)
        let known = try #require(try disk(), "round \(round)")
        programs.forget(known)
        let before = programs.figures(known.slot)
        try directRequests(device.path, writing: false, size: 4096, count: 20)
        #expect(try disk() != nil, "round \(round)")
        #expect(programs.figures(known.slot) == before, "round \(round)")
      }
    }

    /// A place that becomes free is the next one's, whose counters begin at 0.
    @Test func aFreePlaceIsTakenAndItsCountersBeginAnew() throws {
      let file = try TestFile(8 << 20)
      let collectors = try LiveCollectors(["block"]) { $0.block.devices = 2 }
      let disk = try KernelTests.BlockTests.diskOf("/var/tmp")
      // the system's disk has the other place
      try directRequests(file.path, writing: false, size: 4096, count: 1)
      let first = try LoopDevice(file, number: Self.number)
      try directRequests(first.path, writing: false, size: 4096, count: 300)
      #expect(try collectors.read().sum("block_ios", ["device": first.name, "operation": "read"]) >= 300)
      first.detach()
      try LoopDevice.remove(Self.number)
      _ = try collectors.read()
      let second = try LoopDevice(file)
      try directRequests(second.path, writing: false, size: 4096, count: 20)
      let reading = try collectors.read()
      let reads = reading.sum("block_ios", ["device": second.name, "operation": "read"])
      #expect(reads >= 20 && reads < 300)
      #expect(reading.series("block_ios", ["device": disk, "operation": "read"]) == 2)
    }
  }
}
