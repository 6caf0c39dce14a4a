import Collecting
import Foundation
import Glibc
import Host
import Testing

@testable import BPF
@testable import BPFPrograms
@testable import Collectors

extension KernelTests {
  /// How long requests take, how many are under way, and what is left of them.
  @Suite(.serialized) struct BlockTimeTests {
    private func labels(_ device: LoopDevice, _ operation: String) -> [String: String] {
      ["device": device.name, "operation": operation]
    }

    private func change(
      _ collectors: LiveCollectors, _ device: LoopDevice, _ load: () throws -> Void
    ) throws -> Change<DiskFigures> {
      let from = try collectors.read(beside: { try DiskFigures(device.name) })
      try load()
      return Change(from: from, to: try collectors.read(beside: { try DiskFigures(device.name) }))
    }

    /// What diskstats calls time spent is both: the kernel rounds it to milliseconds, and ends it a little later.
    @Test(arguments: ["none", "mq-deadline"])
    func queueingAndServiceAddUpToTheTimeOfDiskstats(scheduler: String) throws {
      let device = try LoopDevice(try TestFile(32 << 20))
      try device.set("scheduler", scheduler)
      try device.set("nomerges", "2")
      let collectors = try LiveCollectors(["block"])
      let load = try Load("deep-reads", device.path, 65_536, 512, 256)
      let change = try change(collectors, device) { try load.run() }
      let service = change.histogram("block_io_duration_seconds", labels(device, "read"))
      let queue = change.histogram("block_io_queue_seconds", labels(device, "read"))
      #expect(service.count == 512)
      #expect(queue.count == 512)
      let spent = change.kernel { $0.milliseconds("read") * 1_000_000 }
      expectAgreement(
        "\(scheduler) time of reads", service.sum + queue.sum, spent, within: 0.05, slack: 2_000_000)
    }

    /// The driver takes no more than its 128 at once; what waits for it waits in the scheduler.
    @Test func waitingIsQueueingAndNotService() throws {
      let device = try LoopDevice(try TestFile(32 << 20))
      try device.set("scheduler", "mq-deadline")
      try device.set("nomerges", "2")
      let collectors = try LiveCollectors(["block"])
      func means(depth: Int) throws -> (service: Double, queue: Double) {
        let load = try Load("deep-reads", device.path, 65_536, 512, depth)
        let change = try change(collectors, device) { try load.run() }
        let service = change.histogram("block_io_duration_seconds", labels(device, "read"))
        let queue = change.histogram("block_io_queue_seconds", labels(device, "read"))
        return (Double(service.sum) / 512, Double(queue.sum) / 512)
      }
      let alone = try means(depth: 1)
      let crowded = try means(depth: 256)
      #expect(alone.queue < alone.service)
      // up to a hundred before each of them, and none
      #expect(crowded.queue > alone.queue)
    }

    /// Without the kernel's statistics nobody knows when a request was made.
    @Test func queueingIsAbsentWhereTheKernelKeepsNoStatistics() throws {
      let device = try LoopDevice(try TestFile(8 << 20))
      try device.set("scheduler", "none")
      try device.set("iostats", "0")
      let collectors = try LiveCollectors(["block"])
      let change = try change(collectors, device) {
        try directRequests(device.path, writing: false, size: 4096, count: 100)
      }
      #expect(change.sum("block_ios", labels(device, "read")) == 100)
      #expect(change.histogram("block_io_duration_seconds", labels(device, "read")).count == 100)
      #expect(change.histogram("block_io_queue_seconds", labels(device, "read")).count == 0)
    }

    @Test func requestsUnderWayAreShownAndNoneIsLeft() throws {
      let device = try LoopDevice(try TestFile(64 << 20))
      let collectors = try LiveCollectors(["block"])
      try directRequests(device.path, writing: false, size: 4096, count: 1)
      #expect(try collectors.read().gauge("block_inflight_ios", ["device": device.name]) == 0)
      var most: Int64 = 0
      for _ in 0..<50 where most < 8 {
        let load = try Load("deep-reads", device.path, 65_536, 1024, 128)
        load.begin()
        for _ in 0..<10 {
          most = max(most, try collectors.read().gauge("block_inflight_ios", ["device": device.name]))
        }
        try load.waitUntilDone()
      }
      #expect((8...128).contains(most))
      #expect(try collectors.read().gauge("block_inflight_ios", ["device": device.name]) == 0)
      let programs = try #require(collectors.context.kernel.loaded.first as? BlockPrograms)
      #expect(programs.underWay(device.number) == 0)
      let number = device.number
      device.detach()
      #expect(programs.underWay(number) == 0)
      #expect(programs.lostUpdates().map(\.count) == [0])
    }

    /// Those that find no room are counted as lost, and as requests.
    @Test func whatFindsNoRoomIsSaid() throws {
      let device = try LoopDevice(try TestFile(64 << 20))
      let collectors = try LiveCollectors(["block"]) {
        $0.block.requests = 16
        $0.block.usesKernelTimes = false
      }
      let load = try Load("deep-reads", device.path, 65_536, 1024, 128)
      let change = try change(collectors, device) { try load.run() }
      let programs = try #require(collectors.context.kernel.loaded.first as? BlockPrograms)
      let lost = programs.lostUpdates().map(\.count).reduce(0, +)
      #expect(lost > 0)
      #expect(change.sum("block_ios", labels(device, "read")) == 1024)
      let timed = change.histogram("block_io_duration_seconds", labels(device, "read")).count
      #expect(timed < 1024)
      #expect(timed + lost >= 1024)
      #expect(programs.underWay(device.number) == 0)
    }

    /// Where queues keep statistics the kernel has the times, and nothing is kept beside them.
    @Test func nothingIsKeptWhereTheKernelKeepsTimes() throws {
      let device = try LoopDevice(try TestFile(32 << 20))
      try #require(device.keepsTimes, "no queue statistics here")
      let collectors = try LiveCollectors(["block"])
      let programs = try #require(collectors.context.kernel.loaded.first as? BlockPrograms)
      var kept = 0
      let change = try change(collectors, device) {
        let load = try Load("deep-reads", device.path, 65_536, 512, 128)
        load.begin()
        for _ in 0..<50 { kept += programs.underWay(device.number) }
        try load.waitUntilDone()
      }
      #expect(kept == 0)
      #expect(change.histogram("block_io_duration_seconds", labels(device, "read")).count == 512)
    }

    /// The kernel's own times beside stamps taken as requests are issued: it reads the clock once for all that a task
    /// hands over together (6.9), so its times begin earlier, and by no more than the requests were queued for.
    @Test func theKernelsTimesBeginBeforeItsOwnStamps() throws {
      let device = try LoopDevice(try TestFile(32 << 20))
      try device.set("scheduler", "none")
      try device.set("nomerges", "2")
      let kernels = try LiveCollectors(["block"])
      let stamps = try LiveCollectors(["block"]) { $0.block.usesKernelTimes = false }
      let from = (try kernels.read(beside: {}), try stamps.read(beside: {}))
      try directRequests(device.path, writing: false, size: 4096, count: 200)
      try Load("deep-reads", device.path, 65_536, 512, 256).run()
      let to = (try kernels.read(beside: {}), try stamps.read(beside: {}))
      func sums(_ change: Change<Void>) -> (count: UInt64, service: UInt64, total: UInt64) {
        let service = change.histogram("block_io_duration_seconds", labels(device, "read"))
        let queue = change.histogram("block_io_queue_seconds", labels(device, "read"))
        return (service.count, service.sum, service.sum + queue.sum)
      }
      let own = sums(Change(from: from.1, to: to.1))
      let kernel = sums(Change(from: from.0, to: to.0))
      #expect(own.count == 712)
      #expect(kernel.count == 712)
      // two clock reads at each end, a moment apart
      let slack: UInt64 = 712 * 20_000
      #expect(kernel.service + slack >= own.service)
      #expect(kernel.service <= own.total + slack)
      // the whole time of requests is the same
      expectAgreement("time of requests", kernel.total, own.total...own.total, within: 0.02, slack: slack)
    }

    /// A request whose end was missed: the kernel says that the driver has none.
    @Test func whatTheKernelKnowsNothingOfIsForgotten() throws {
      let device = try LoopDevice(try TestFile(8 << 20))
      let collectors = try LiveCollectors(["block"])
      try directRequests(device.path, writing: false, size: 4096, count: 1)
      let programs = try #require(collectors.context.kernel.loaded.first as? BlockPrograms)
      let collector = try BlockCollector(programs, paths: HostPaths())
      func stale(age: UInt64, names: [UInt32: String], gone: Set<UInt32> = []) throws -> [UInt64] {
        var request = BlockRequest()
        request.device = device.number
        request.issued_ns = MonotonicClock.now - age
        try programs.requests.set(1, request)
        defer { programs.requests.remove(1) }
        return collector.stale(names, gone: gone, now: MonotonicClock.now)
      }
      let names = [device.number: device.name]
      #expect(try stale(age: 50_000_000_000, names: names) == [])
      #expect(try stale(age: 61_000_000_000, names: names) == [1])
      // nobody knows
      #expect(try stale(age: 61_000_000_000, names: [:]) == [])
      #expect(try stale(age: 0, names: [:], gone: [device.number]) == [1])
    }
  }
}

extension BlockPrograms {
  /// Entries of requests of the disk.
  func underWay(_ number: UInt32) -> Int {
    var count = 0
    _ = requests.forEach { if $1.device == number { count += 1 } }
    return count
  }
}

extension LoopDevice {
  /// As the programs have it.
  var number: UInt32 { 7 << 20 | (UInt32(name.dropFirst("loop".count)) ?? 0) }

  /// Whether its queue's statistics are on: writeback throttling turns them on as it begins.
  var keepsTimes: Bool {
    (try? String(contentsOfFile: "/sys/block/\(name)/queue/wbt_lat_usec", encoding: .utf8)) != nil
  }
}
