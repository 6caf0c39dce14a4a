import BPF
import Collecting
import Exposition
import Foundation
import Glibc
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// The bounds of docs/operating.md hold whatever runs on the machine.
  @Suite(.serialized) struct CardinalityTests {
    /// What is on by default and can run on every machine.
    private static let names = Set(
      Registry.collectors.filter(\.isOnByDefault).map(\.name).filter { !["pmu", "energy"].contains($0) })

    /// The table of docs/operating.md, added up, without the program's own.
    private static var bound: Int {
      let options = CollectorOptions()
      let processes = options.process.limit * 13 + 12
      let groups = options.cgroup.limit + 1
      let interrupts = 16 * (options.interrupts.limit + 1) + 420
      let calls = 2 * 423 + 153 + 32 * 11
      let network = 29 * (options.net.devices + 1) + 241 + 117
      let disks = 201 * (options.block.devices + 1)
      return processes + groups + interrupts + calls + network + disks + 64 + 37 * PossibleCPUs.end + 470
    }

    /// 10,000 processes in 2,000 control groups and 500 network devices, of which more matter than may have series.
    @Test func crowdStaysWithinTheBounds() throws {
      let root = try ControlGroup("/wattprobe-crowd-\(getpid())")
      let groups = try (0..<2_000).map { try ControlGroup("\(root.path)/\($0)") }
      defer {
        for group in groups { group.remove() }
        root.remove()
      }
      let collectors = try LiveCollectors(Self.names)
      let load = try Load("crowd", 10_000, groups.count, root.folder, 600, 15_000)
      let network = try Load("network-namespace")
      let before = try collectors.read().series
      try load.run()
      try Self.crowd(network)
      // only those without a series of their own are in `other`: all of them are there or sent something
      var reading = try collectors.read()
      for _ in 0..<100 where reading.series("network_packets", ["device": "other"]) == 0 {
        pause(seconds: 0.1)
        reading = try collectors.read()
      }
      #expect(reading.series("process_runqueue_seconds") == 101)
      #expect(reading.series("cgroup_cpu_seconds") == 101)
      #expect(reading.sum("process_threads", ["pid": "other"]) > 9_000)
      // they are not in the host's namespace: one series for all (`DeviceTableTests` has the host's)
      #expect(reading.series("network_packets") <= 130)
      #expect(reading.series("network_packets", ["device": "other"]) == 2)
      #expect(before < reading.series)
      #expect(reading.series <= Self.bound)
      // they go at once, so that their groups can
      load.kill()
      pause(seconds: 1)
    }

    /// 250 pairs of devices, each of which sends its neighbours a word as it comes up.
    private static func crowd(_ network: Load) throws {
      let script = (0..<250).map { number in
        """
        link add crowd\(number) type veth peer name crowded\(number)
        link set crowd\(number) up
        link set crowded\(number) up

        """
      }.joined()
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = ["nsenter", "-t", "\(network.pid)", "-n", "ip", "-batch", "-"]
      let input = Pipe()
      process.standardInput = input
      try process.run()
      try input.fileHandleForWriting.write(contentsOf: Data(script.utf8))
      try input.fileHandleForWriting.close()
      process.waitUntilExit()
      #expect(process.terminationStatus == 0)
    }
  }
}
