import BPF
import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// The machine's eBPF programs and maps, among which are our own.
  @Suite(.serialized) struct LoadedProgramTests {
    /// What the fdinfo of each descriptor of this process with the line `word:` says, by that number.
    private func own(_ word: String) throws -> [UInt32: [String: UInt64]] {
      var result: [UInt32: [String: UInt64]] = [:]
      for descriptor in try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fdinfo") {
        guard let text = try? String(contentsOfFile: "/proc/self/fdinfo/\(descriptor)", encoding: .utf8) else {
          continue
        }
        var fields: [String: UInt64] = [:]
        for line in text.split(separator: "\n") {
          let parts = line.split(separator: ":\t")
          if parts.count == 2, let number = UInt64(parts[1]) { fields[String(parts[0])] = number }
        }
        if let id = fields[word], !text.contains("link_type:") { result[UInt32(id)] = fields }
      }
      return result
    }

    @Test func figuresOfOurOwnProgramsAreThoseOfFdinfo() throws {
      let collectors = try LiveCollectors(["signals", "bpf"])
      let programs = try own("prog_id")
      #expect(!programs.isEmpty)
      let reading = try collectors.read()
      for (id, fields) in programs {
        let labels = ["id": "\(id)"]
        #expect(reading.series("bpf_loaded_program_run_seconds", labels) == 1)
        #expect(reading.gauge("bpf_loaded_program_bytes", labels) == fields["memlock"].map { Int64($0) }, "\(id)")
      }
      let named = reading.gauge("bpf_loaded_program_bytes", ["name": "signal_generate", "type": "raw_tracepoint"])
      #expect(named != nil as Int64?)
      // of some type, whose maps are others', too
      let arrays = try #require(reading.gauge("bpf_loaded_maps_bytes", ["type": "array"]) as Int64?)
      let maps = try own("map_id").values.filter { $0["map_type"] == 2 }
      #expect(!maps.isEmpty)
      #expect(arrays >= Int64(maps.reduce(0) { $0 + ($1["memlock"] ?? 0) }))
      #expect(try #require(reading.gauge("bpf_loaded_maps", ["type": "array"]) as Int64?) >= Int64(maps.count))
    }

    @Test func runsAreThoseOfTheLoadWhileStatisticsAreOn() throws {
      let helper = try PrivilegedHelper(for: .statistics, keeping: .sysAdmin, paths: HostPaths())
      let collectors = try LiveCollectors(["signals", "bpf"])
      let id = try #require(try own("prog_id").keys.first as UInt32?)
      let labels = ["name": "signal_generate"]
      let before = try collectors.read().sum("bpf_loaded_program_runs", labels)
      #expect(helper.setStatistics(true) == 0)
      for _ in 0..<1_000 { kill(getpid(), SIGWINCH) }
      #expect(helper.setStatistics(false) == 0)
      let reading = try collectors.read()
      #expect(reading.sum("bpf_loaded_program_runs", labels) - before >= 1_000)
      #expect(reading.sum("bpf_loaded_program_run_seconds", labels) > 0)
      #expect(reading.series("bpf_loaded_program_runs", ["id": "\(id)"]) == 1)
    }

    @Test func theRestOfThemIsOneSeries() throws {
      let reading = try LiveCollectors(["signals", "bpf"]) { $0.bpf.programs = 0 }.read()
      #expect(reading.series("bpf_loaded_program_runs") == 1)
      #expect(reading.series("bpf_loaded_program_runs", ["id": "other"]) == 1)
      #expect(try #require(reading.gauge("bpf_loaded_program_bytes", ["id": "other"]) as Int64?) >= 4096)
    }

    /// The helper, which alone may ask once privileges are gone, tells the same as the kernel.
    @Test func helperTellsTheSame() throws {
      let collectors = try LiveCollectors(["signals", "tcp"])
      let helper = try PrivilegedHelper(for: .objects, keeping: .sysAdmin, paths: HostPaths(), as: nil)
      func all(_ kind: LoadedObject.Kind, _ next: LoadedObject.Next) throws -> [LoadedObject] {
        var result: [LoadedObject] = []
        while let object = try next(kind, result.last?.id ?? 0).get() { result.append(object) }
        return result
      }
      for kind in [LoadedObject.Kind.program, .map] {
        let mine = try Set(own(kind == .map ? "map_id" : "prog_id").keys)
        let direct = try all(kind, LoadedObject.next(paths: HostPaths())).filter { mine.contains($0.id) }
        let helped = try all(kind, helper.nextObject).filter { mine.contains($0.id) }
        #expect(direct.count == mine.count && !mine.isEmpty)
        #expect(
          direct.map { [$0.name, "\($0.type) \($0.bytes ?? 0)"] }
            == helped.map { [$0.name, "\($0.type) \($0.bytes ?? 0)"] })
        #expect(helped.allSatisfy { ($0.bytes ?? 0) > 0 })
      }
      withExtendedLifetime(collectors) {}
      let other = try PrivilegedHelper(for: .statistics, keeping: .sysAdmin, paths: HostPaths(), as: nil)
      guard case .failure(let error) = other.nextObject(.program, after: 0) else {
        Issue.record("it tells though nobody wants it to")
        return
      }
      #expect(error.errno == EPERM)
    }
  }
}
