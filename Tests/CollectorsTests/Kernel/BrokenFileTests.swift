import Collecting
import Energy
import Exposition
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// Every collector over files that say what no kernel writes: nothing traps, no counter falls, and what is right again is read
  /// again.
  @Suite struct BrokenFileTests {
    /// Of a file's numbers as many are changed, each by itself.
    private static let numbers = 12

    private func options(_ tree: MachineTree) -> (inout CollectorOptions) -> Void {
      {
        $0.paths = HostPaths(procfs: tree.root + "/proc", sysfs: tree.root + "/sys")
        $0.energy.model = PowerModel.presets.first?.model
        $0.compat.exporters = Set(CompatibleExporter.allCases)
      }
    }

    private static func names(_ name: String) -> Set<String> {
      name == "compat" ? ["compat", "energy", "process", "cgroup"] : [name]
    }

    /// A process' own files are like those of the others.
    private static func kinds(_ files: [String]) -> [String] {
      var count = 0
      return files.filter { file in
        guard file.hasPrefix("proc/"), file.hasSuffix("/cgroup") else { return true }
        count += 1
        return count <= 1
      }
    }

    /// Reads everything once more: one that fails was refused what it read.
    private func collect(_ live: LiveCollectors, at now: inout UInt64, _ shown: inout [String: UInt64]) {
      now += 1_100_000_000
      live.sample(now: now)
      guard let counters = try? live.counters() else { return }
      for (series, value) in counters where value < shown[series] ?? 0 {
        Issue.record("\(series) fell from \(shown[series]!) to \(value)")
      }
      shown = counters
    }

    /// The collectors, and that of the program's own families.
    @Test(arguments: Registry.collectors.map(\.name).filter { $0 != "pmu" } + ["wattprobe"])
    func brokenFilesEndNothing(name: String) throws {
      let tree = try MachineTree()
      let change = options(tree)
      var now = MonotonicClock.now
      var live: LiveCollectors?
      var shown: [String: UInt64] = [:]
      let start = try tree.filesRead { live = try LiveCollectors(Self.names(name), change) }
      let running = try #require(live)
      collect(running, at: &now, &shown)
      let read = tree.filesRead { collect(running, at: &now, &shown) }
      for file in Self.kinds(read) {
        for text in BrokenText.variants(of: tree.files[file]!, mostNumbers: Self.numbers) {
          try tree.overwrite(file, text)
          collect(running, at: &now, &shown)
        }
        try tree.restore(file)
        collect(running, at: &now, &shown)
        collect(running, at: &now, &shown)
        #expect(throws: Never.self, "\(file) is right again") { try running.scrape() }
      }
      for file in Self.kinds(start.filter { !read.contains($0) && (name != "compat" || $0 == "proc/cpuinfo") }) {
        let bytes = tree.files[file]!
        for text in BrokenText.wholeVariants(of: bytes, ["-1", "18446744073709551615", ""])
          + BrokenText.lineVariants(of: bytes).prefix(6)
        {
          try tree.overwrite(file, text)
          // one that does not start says why
          guard let other = try? LiveCollectors(Self.names(name), change) else { continue }
          var shown: [String: UInt64] = [:]
          collect(other, at: &now, &shown)
        }
        try tree.restore(file)
      }
    }
  }
}
