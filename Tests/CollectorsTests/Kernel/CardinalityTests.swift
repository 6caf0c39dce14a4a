import Exposition
import Foundation
import Glibc
import Testing

@testable import Collectors

extension KernelTests {
  /// The bounds of README.md hold whatever runs on the machine.
  @Suite(.serialized) struct CardinalityTests {
    /// 10,000 processes in 2,000 control groups, of which more matter than may have series.
    @Test func crowdOfProcessesAndGroupsStaysWithinTheBound() throws {
      let root = try ControlGroup("/wattprobe-crowd-\(getpid())")
      let groups = try (0..<2_000).map { try ControlGroup("\(root.path)/\($0)") }
      defer {
        for group in groups { group.remove() }
        root.remove()
      }
      let collectors = try LiveCollectors(["process", "cgroup"])
      let load = try Load("crowd", 10_000, groups.count, root.folder, 600, 15_000)
      let before = try collectors.read().series
      try load.run()
      pause(seconds: 0.2)
      let reading = try collectors.read()
      #expect(reading.series("process_runqueue_seconds") == 101)
      #expect(reading.series("cgroup_cpu_seconds") == 101)
      #expect(reading.sum("process_threads", ["pid": "other"]) > 9_000)
      // README.md: what is shown of processes and control groups, at most
      #expect(reading.series <= 100 * 13 + 12 + 101)
      #expect(before < reading.series)
      // they go at once, so that their groups can
      load.kill()
      pause(seconds: 1)
    }
  }
}
