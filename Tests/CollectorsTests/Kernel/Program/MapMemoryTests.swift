import Collecting
import Foundation
import Glibc
import Host
import Testing

@testable import BPF
@testable import BPFPrograms
@testable import Collectors

extension KernelTests {
  /// What eBPF maps take in the kernel, here and on a machine with many CPUs.
  @Suite(.serialized) struct MapMemoryTests {
    /// What is on by default and loads on every machine: faults opens events of each CPU besides.
    private static let names = Set(
      Registry.collectors.filter(\.isOnByDefault).map(\.name).filter { !["pmu", "energy", "faults"].contains($0) })

    /// The line of a map's fdinfo, read apart from the collector.
    private func memlock(_ descriptor: Int32) throws -> UInt64 {
      let text = try String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("memlock:") })
      return try #require(UInt64(line.dropFirst("memlock:".count).trimmingCharacters(in: .whitespaces)))
    }

    @Test func bytesAreThoseOfFdinfo() throws {
      let collectors = try LiveCollectors(["block", "net", "sched", "process", "wattprobe"])
      let reading = try collectors.read()
      var expected: [[String: String]: UInt64] = [:]
      for programs in collectors.context.kernel.loaded {
        for map in programs.maps() {
          let name = map.name.contains(".") ? "data" : map.name
          expected[["collector": programs.collector, "map": name], default: 0] += try memlock(map.descriptor)
        }
      }
      #expect(expected[["collector": "block", "map": "block_slots"]] != nil)
      #expect(expected[["collector": "block", "map": "data"]] != nil)
      for (labels, bytes) in expected {
        #expect(reading.gauge("bpf_map_bytes", labels) == Int64(bytes), "\(labels)")
      }
      #expect(reading.series("bpf_map_bytes") == expected.count)
      // an array takes at least what it holds
      let slots = try #require(reading.gauge("bpf_map_bytes", ["map": "block_slots"]) as Int64?)
      #expect(slots >= 33 * MemoryLayout<BlockSlot>.stride * min(2, PossibleCPUs.end))
    }

    /// Queues and task storage are never full, constants always.
    @Test func howFullMapsAreIsSaidOfThoseThatFill() throws {
      let collectors = try LiveCollectors(["block", "net", "wattprobe"])
      let reading = try collectors.read()
      for map in ["block_devices", "block_requests", "network_devices", "queued_packets"] {
        #expect(reading.series("bpf_map_capacity", ["map": map]) == 1, "\(map)")
      }
      for map in ["block_free_slots", "network_free_slots", "data"] {
        #expect(reading.series("bpf_map_capacity", ["map": map]) == 0, "\(map)")
      }
    }

    /// Maps as they are loaded on a machine with `cpus` CPUs: arrays are made as long, and what the kernel itself keeps by
    /// CPU is added for those that are not here. By collector and map, in bytes.
    private func bytes(cpus: Int, _ names: Set<String>, isFine: Bool = false) throws -> [String: Int] {
      try PossibleCPUs.$simulatedEnd.withValue(cpus) {
        var result: [String: Int] = [:]
        let collectors = try LiveCollectors(names) { $0.hasFineHistograms = isFine }
        for programs in collectors.context.kernel.loaded {
          for map in programs.maps() {
            let here = Int(try memlock(map.descriptor))
            result["\(programs.collector) \(map.name)", default: 0] +=
              here + map.perCPUBytes * (cpus - PossibleCPUs.count)
          }
        }
        return result
      }
    }

    @Test func mapsOfTheDefaultSetTakeLittleWith256CPUs() throws {
      let small = try bytes(cpus: PossibleCPUs.end, Self.names)
      var large = try bytes(cpus: 256, Self.names)
      large["faults faults_cpus"] = 256 * MemoryLayout<FaultsPerCPU>.stride
      #expect(large.values.reduce(0, +) <= 8 << 20, "\(large.filter { $0.value > 100_000 })")
      let growth = large.merging(small) { $0 - $1 }
      // none is left to grow alone
      for (map, bytes) in growth { #expect(bytes <= 2 << 20, "\(map)") }
    }

    /// As docs/formats.md says: elements are nine times as large, and no fewer CPUs have their own.
    @Test func fineHistogramsTakeWhatIsSaid() throws {
      let few = try bytes(cpus: 2, Self.names, isFine: true)
      #expect(few.values.reduce(0, +) <= 5 << 20, "\(few.filter { $0.value > 100_000 })")
      var many = try bytes(cpus: 256, Self.names, isFine: true)
      many["faults faults_cpus"] = 9 * 256 * MemoryLayout<FaultsPerCPU>.stride
      #expect(many.values.reduce(0, +) <= 36 << 20, "\(many.filter { $0.value > 100_000 })")
    }

    /// Datagrams to closed ports, as the kernel counts them.
    private func datagramsWithoutPort() throws -> UInt64 {
      let text = try String(contentsOfFile: "/proc/net/snmp", encoding: .utf8)
      let lines = text.split(separator: "\n").filter { $0.hasPrefix("Udp:") }.map { $0.split(separator: " ") }
      let index = try #require(lines.first?.firstIndex(of: "NoPorts"))
      return try #require(lines.last.flatMap { UInt64($0[index]) })
    }

    /// Two CPUs drop packets at the same time, and share what drops are counted by, but not what devices are.
    @Test func dropsOfSharedLanesAreThoseOfTheKernel() throws {
      try PossibleCPUs.$simulatedEnd.withValue(256) {
        let collectors = try LiveCollectors(["net"]) { $0.net.devices = 1 }
        let loads = try usableCPUs.prefix(2).map {
          try Load("send-datagrams", "127.0.0.1", 9, 300_000, 64, 0, cpu: $0)
        }
        let from = try collectors.read(beside: datagramsWithoutPort)
        for load in loads { load.begin() }
        for load in loads { try load.waitUntilDone() }
        let change = Change(from: from, to: try collectors.read(beside: datagramsWithoutPort))
        let drops = change.sum("network_drops", ["reason": "NO_SOCKET"])
        #expect(drops >= 600_000)
        expectAgreement("NO_SOCKET", drops, change.kernel(\.self), within: 0)
      }
    }

    /// Processes end on two CPUs at the same time, which share what they are counted by.
    @Test func endsOfSharedLanesAreAllCounted() throws {
      try PossibleCPUs.$simulatedEnd.withValue(256) {
        let collectors = try LiveCollectors(["exits"])
        let loads = try usableCPUs.prefix(2).map { try Load("children", 2_000, "succeeds", policy: .batch, cpu: $0) }
        let from = try collectors.read(beside: {})
        for load in loads { load.begin() }
        for load in loads { try load.waitUntilDone() }
        let change = Change(from: from, to: try collectors.read(beside: {}))
        let labels = ["policy": "batch", "result": "ok"]
        #expect(change.sum("exited_processes", labels) == UInt64(2_000 * loads.count))
        #expect(change.histogram("exited_process_lifetime_seconds").count >= UInt64(2_000 * loads.count))
      }
    }

    /// Where CPUs share lanes, each event is counted all the same: two share one here.
    @Test func countersOfSharedLanesAreThoseOfTheKernel() throws {
      let device = try LoopDevice(try TestFile(16 << 20))
      try PossibleCPUs.$simulatedEnd.withValue(256) {
        let collectors = try LiveCollectors(["block", "net", "irq"]) { $0.block.devices = 64 }
        let programs = try #require(collectors.context.kernel.loaded.compactMap { $0 as? BlockPrograms }.first)
        #expect(programs.lanes.shift > 0)
        let from = try collectors.read(beside: { try DiskFigures(device.name) })
        let load = try Load("deep-reads", device.path, 65_536, 256, 64)
        load.begin()
        try directRequests(device.path, writing: true, size: 4096, count: 500)
        try load.waitUntilDone()
        let change = Change(from: from, to: try collectors.read(beside: { try DiskFigures(device.name) }))
        for operation in ["read", "write"] {
          let labels = ["device": device.name, "operation": operation]
          expectAgreement(
            operation, change.sum("block_ios", labels), change.kernel { $0.requests(operation) }, within: 0)
          expectAgreement(
            operation, change.sum("block_io_bytes", labels), change.kernel { $0.bytes(operation) }, within: 0)
        }
        let writes = change.histogram("block_io_duration_seconds", ["device": device.name, "operation": "write"])
        #expect(writes.count == 500)
      }
    }
  }
}
