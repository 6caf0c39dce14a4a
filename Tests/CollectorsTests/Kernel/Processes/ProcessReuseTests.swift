import Foundation
import Glibc
import Testing

@testable import Collectors

extension KernelTests {
  @Suite(.serialized) struct ProcessReuseTests {
    /// The kernel gives the id out again at once where it is told to: same id, same name, another process.
    @Test func figuresOfAReusedIdNeverFallAndAreShownOnce() throws {
      let collectors = try LiveCollectors(["process"])
      let first = try Load("threads", 1, 400)
      let id = first.pid
      for _ in 0..<4 { pause(seconds: 0.1); _ = try collectors.read() }
      #expect(try collectors.read().series("process_runqueue_seconds", ["pid": "\(id)"]) == 1)
      kill(id, SIGKILL)
      first.end()
      pause(seconds: 0.3)
      let shown = try collectors.read().sum("process_cpu_seconds", ["pid": "\(id)"])
      #expect(shown > 0)

      let second = try #require(try reuse(id), "somebody else took the id at every try")
      var last = shown
      for _ in 0..<6 {
        pause(seconds: 0.1)
        let reading = try collectors.read()
        #expect(reading.series("process_runqueue_seconds", ["pid": "\(id)"]) == 1)
        let now = reading.sum("process_cpu_seconds", ["pid": "\(id)"])
        #expect(now >= last)
        last = now
      }
      #expect(last > shown)
      second.end()
    }

    private func reuse(_ id: pid_t) throws -> Load? {
      for _ in 0..<50 {
        try "\(id - 1)".write(toFile: "/proc/sys/kernel/ns_last_pid", atomically: false, encoding: .utf8)
        let load = try Load("threads", 1, 400)
        if load.pid == id { return load }
      }
      return nil
    }
  }
}
