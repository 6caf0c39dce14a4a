import Collecting
import Foundation
import Glibc
import Testing

@testable import BPF
@testable import BPFPrograms
@testable import Collectors

extension KernelTests {
  /// Requests of a loop device that nobody else uses, and of the disk that everybody does, beside `/proc/diskstats`.
  @Suite(.serialized) struct BlockTests {
    private static let operations = ["read", "write", "flush", "discard"]

    /// Every operation is there as often, and as large, as diskstats says: exactly, where nobody else is at work.
    private func expectThoseOfDiskstats(
      _ change: Change<DiskFigures>, _ disk: String, sourceLocation: SourceLocation = #_sourceLocation
    ) {
      for operation in Self.operations {
        let labels = ["device": disk, "operation": operation]
        expectAgreement(
          "\(disk) \(operation) requests", change.sum("block_ios", labels), change.kernel { $0.requests(operation) },
          within: 0, sourceLocation: sourceLocation)
        expectAgreement(
          "\(disk) \(operation) bytes", change.sum("block_io_bytes", labels), change.kernel { $0.bytes(operation) },
          within: 0, sourceLocation: sourceLocation)
      }
    }

    private func change(
      _ collectors: LiveCollectors, _ disk: String, _ load: () throws -> Void
    ) throws -> Change<DiskFigures> {
      let from = try collectors.read(beside: { try DiskFigures(disk) })
      try load()
      return Change(from: from, to: try collectors.read(beside: { try DiskFigures(disk) }))
    }

    @Test(arguments: [true, false]) func readsAndWritesAreThoseOfDiskstats(byKernel: Bool) throws {
      let device = try LoopDevice(try TestFile(32 << 20))
      let collectors = try LiveCollectors(["block"]) { $0.block.usesKernelTimes = byKernel }
      let change = try change(collectors, device.name) {
        try directRequests(device.path, writing: false, size: 4096, count: 500)
        try directRequests(device.path, writing: true, size: 65_536, count: 300)
      }
      expectThoseOfDiskstats(change, device.name)
      let labels = ["device": device.name]
      #expect(change.sum("block_ios", labels.with("read")) == 500)
      #expect(change.sum("block_io_bytes", labels.with("read")) == 500 * 4096)
      #expect(change.sum("block_ios", labels.with("write")) == 300)
      #expect(change.sum("block_io_bytes", labels.with("write")) == 300 * 65_536)
      #expect(change.sum("block_io_errors", labels) == 0)
    }

    /// Where everybody's requests are, merged, flushed and discarded as the file system has it.
    @Test(arguments: [true, false]) func requestsOfTheSystemDiskAreThoseOfDiskstats(byKernel: Bool) throws {
      let disk = try Self.diskOf("/var/tmp")
      let collectors = try LiveCollectors(["block"]) { $0.block.usesKernelTimes = byKernel }
      let change = try change(collectors, disk) {
        let file = try TestFile(16 << 20)
        for _ in 0..<50 { try directRequests(file.path, writing: true, size: 4096, count: 4, flags: O_DSYNC) }
        file.drop()
        file.read(chunk: 65_536)
      }
      expectThoseOfDiskstats(change, disk)
      #expect(change.sum("block_ios", ["device": disk, "operation": "write"]) >= 200)
      #expect(change.sum("block_io_bytes", ["device": disk, "operation": "read"]) >= 16 << 20)
    }

    /// A disk's partitions are the disk.
    @Test func requestsOfPartitionsAreThoseOfTheirDisk() throws {
      let device = try LoopDevice(try TestFile(8 << 20), arguments: ["-P"])
      try Shell.run(["addpart", device.path, "1", "2048", "8192"])
      defer { _ = try? Shell.run(["delpart", device.path, "1"]) }
      let collectors = try LiveCollectors(["block"])
      let change = try change(collectors, device.name) {
        try directRequests(device.path + "p1", writing: false, size: 4096, count: 100)
      }
      expectThoseOfDiskstats(change, device.name)
      #expect(change.sum("block_ios", ["device": device.name, "operation": "read"]) == 100)
      #expect(change.to.reading.series("block_ios", ["device": device.name + "p1"]) == 0)
    }

    /// Many small writes to neighbours are one request, and counted as one.
    @Test func mergedWritesAreOneRequest() throws {
      let device = try LoopDevice(try TestFile(8 << 20))
      try device.set("nomerges", "0")
      let collectors = try LiveCollectors(["block"])
      let change = try change(collectors, device.name) { try Load("write-back", device.path, 1024, 1).run() }
      expectThoseOfDiskstats(change, device.name)
      let labels = ["device": device.name, "operation": "write"]
      #expect(change.sum("block_io_bytes", labels) == 4 << 20)
      #expect(change.sum("block_ios", labels) < 512)
    }

    @Test func syncIsWhereSomebodyWaits() throws {
      let device = try LoopDevice(try TestFile(8 << 20))
      let collectors = try LiveCollectors(["block"])
      func counts(_ load: () throws -> Void) throws -> (sync: UInt64, async: UInt64) {
        let change = try change(collectors, device.name, load)
        expectThoseOfDiskstats(change, device.name)
        let labels = ["device": device.name, "operation": "write"]
        return (
          change.sum("block_ios", labels.merging(["sync": "sync"]) { $1 }),
          change.sum("block_ios", labels.merging(["sync": "async"]) { $1 })
        )
      }
      let direct = try counts { try directRequests(device.path, writing: true, size: 4096, count: 64) }
      #expect(direct == (64, 0))
      let background = try counts { try Load("write-back", device.path, 512, 0).run() }
      #expect(background.sync == 0)
      #expect(background.async > 0)
    }

    /// Writes that ask for a flush come back twice from below: counted once, and the flushes beside them.
    @Test(arguments: [true, false]) func flushesAreCountedAndTheirWritesOnce(byKernel: Bool) throws {
      let device = try LoopDevice(try TestFile(8 << 20))
      let collectors = try LiveCollectors(["block"]) { $0.block.usesKernelTimes = byKernel }
      let change = try change(collectors, device.name) {
        try directRequests(device.path, writing: true, size: 8192, count: 40, flags: O_DSYNC)
      }
      expectThoseOfDiskstats(change, device.name)
      let labels = ["device": device.name]
      #expect(change.sum("block_ios", labels.with("flush")) >= 40)
      #expect(change.sum("block_io_bytes", labels.with("write")) == 40 * 8192)
      #expect(change.sum("block_io_bytes", labels.with("flush")) == 0)
      // each flush was with the driver
      let flushes = change.sum("block_ios", labels.with("flush"))
      #expect(change.histogram("block_io_duration_seconds", labels.with("flush")).count == flushes)
    }

    @Test(arguments: [true, false]) func discardsAreCountedAndZeroingIsWriting(byKernel: Bool) throws {
      let device = try LoopDevice(try TestFile(8 << 20))
      let collectors = try LiveCollectors(["block"]) { $0.block.usesKernelTimes = byKernel }
      let change = try change(collectors, device.name) {
        try Shell.run(["blkdiscard", "-o", "0", "-l", "\(1 << 20)", device.path])
        try Shell.run(["blkdiscard", "-z", "-o", "\(1 << 20)", "-l", "\(2 << 20)", device.path])
      }
      expectThoseOfDiskstats(change, device.name)
      #expect(change.sum("block_io_bytes", ["device": device.name, "operation": "discard"]) == 1 << 20)
      #expect(change.sum("block_io_bytes", ["device": device.name, "operation": "write"]) == 2 << 20)
    }

    /// The file behind the device has no room: each write fails.
    @Test(arguments: [true, false]) func eachFailedRequestIsOneError(byKernel: Bool) throws {
      let folder = "/var/tmp/wattprobe-small-\(getpid())"
      try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: false)
      try Shell.run(["mount", "-t", "tmpfs", "-o", "size=1m", "wattprobe-test", folder])
      defer {
        _ = try? Shell.run(["umount", "-l", folder])
        rmdir(folder)
      }
      let device = try LoopDevice(try TestFile(8 << 20, in: folder, sparse: true))
      let collectors = try LiveCollectors(["block"]) { $0.block.usesKernelTimes = byKernel }
      var failed = 0
      let change = try change(collectors, device.name) {
        failed = try directRequests(device.path, writing: true, size: 65_536, count: 40)
        try directRequests(device.path, writing: false, size: 65_536, count: 40)
      }
      #expect((20...30).contains(failed))
      expectThoseOfDiskstats(change, device.name)
      #expect(change.sum("block_io_errors", ["device": device.name, "operation": "write"]) == UInt64(failed))
      #expect(change.sum("block_io_errors", ["device": device.name, "operation": "read"]) == 0)
      #expect(change.sum("block_ios", ["device": device.name, "operation": "write"]) == 40)
      device.detach()
    }
  }
}

extension [String: String] {
  /// With an `operation` label.
  fileprivate func with(_ operation: String) -> Self { merging(["operation": operation]) { $1 } }
}

extension KernelTests.BlockTests {
  /// The whole disk that the file system of `path` is on.
  static func diskOf(_ path: String) throws -> String {
    var status = stat()
    guard stat(path, &status) == 0 else { throw Load.Failed(what: path) }
    let number = "\(status.st_dev >> 8 & 0xfff):\(status.st_dev & 0xff | status.st_dev >> 12 & 0xfff00)"
    let link = try FileManager.default.destinationOfSymbolicLink(atPath: "/sys/dev/block/\(number)")
    let parts = link.split(separator: "/").map(String.init)
    let isPartition = FileManager.default.fileExists(atPath: "/sys/dev/block/\(number)/partition")
    return parts[parts.count - (isPartition ? 2 : 1)]
  }
}
