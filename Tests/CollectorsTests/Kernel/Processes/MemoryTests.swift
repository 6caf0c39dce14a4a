import Foundation
import Glibc
import Testing

@testable import Collectors

extension KernelTests {
  @Suite(.serialized) struct ProcessMemoryTests {
    /// Bytes of a line of `/proc/.../status`.
    private func status(_ name: String, of place: String) throws -> UInt64 {
      let text = try String(contentsOfFile: "/proc/\(place)/status", encoding: .utf8)
      let line = try #require(text.split(separator: "\n").first { $0.hasPrefix(name + ":") }, "\(name) of \(place)")
      return try #require(UInt64(line.filter(\.isNumber))) * 1024
    }

    private func watched(_ load: Load) throws -> LiveCollectors {
      let collectors = try LiveCollectors(["process"]) {
        $0.process.thresholdNanoseconds = 0
        $0.process.limit = 2000
      }
      for _ in 0..<20 where try collectors.read().series("process_threads", ["pid": "\(load.pid)"]) == 0 {
        pause(seconds: 0.12)
      }
      return collectors
    }

    /// The kernel shows nothing in `/proc/PID/status` then; the other thread's has it.
    @Test func processGoesOnInTheMemoryOfItsOtherThreads() throws {
      let load = try Load("outlived", 8000)
      let collectors = try watched(load)
      try load.run()
      pause(seconds: 0.12)
      let reading = try collectors.read()
      let labels = ["pid": "\(load.pid)"]
      let threads = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(load.pid)/task")
      let other = try #require(threads.first { $0 != "\(load.pid)" })
      let resident = try status("VmRSS", of: "\(load.pid)/task/\(other)")
      #expect(resident > 8000 * 4096)
      expectAgreement(
        "resident bytes", reading.sum("process_resident_bytes", labels), .init(about: resident), within: 0)
      expectAgreement(
        "virtual bytes", reading.sum("process_virtual_bytes", labels),
        .init(about: try status("VmSize", of: "\(load.pid)/task/\(other)")), within: 0.01)
      #expect(reading.gauge("process_threads", labels) == 2)
    }

    /// Pages touched on both CPUs, of which each holds some back in its part of the kernel's counter.
    @Test func residentMemoryIsWhatTheKernelSays() throws {
      let load = try Load("touch-pages", 3333)
      let collectors = try watched(load)
      try load.run()
      pause(seconds: 0.12)
      expectAgreement(
        "resident bytes", try collectors.read().sum("process_resident_bytes", ["pid": "\(load.pid)"]),
        .init(about: try status("VmRSS", of: "\(load.pid)")), within: 0)
    }

    /// What was never there is no number: a kernel thread has no memory.
    @Test func processWithoutMemoryShowsNone() throws {
      let collectors = try LiveCollectors(["process"]) {
        $0.process.thresholdNanoseconds = 0
        $0.process.limit = 2000
      }
      for _ in 0..<3 {
        pause(seconds: 0.12)
        _ = try collectors.read()
      }
      let reading = try collectors.read()
      // kthreadd
      #expect(reading.series("process_threads", ["pid": "2"]) == 1)
      #expect(reading.series("process_resident_bytes", ["pid": "2"]) == 0)
      #expect(reading.series("process_virtual_bytes", ["pid": "2"]) == 0)
    }
  }
}
