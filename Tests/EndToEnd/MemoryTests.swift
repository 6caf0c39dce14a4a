import Fixtures
import Foundation
import Testing

extension EndToEnd {
  /// What the exporter holds of the machine's memory once it has started.
  @Suite struct MemoryTests {
    /// The kernel's BTF takes more than that alone while objects are loaded, and a heap that kept it as much.
    @Test func itGivesBackWhatItsStartTook() async throws {
      let exporter = try await Exporter()
      for _ in 0..<20 { #expect(try exporter.get().status == 200) }
      let status = "/proc/\(exporter.program.pid)/status"
      func kilobytes(_ name: String) throws -> Int {
        let text = try #require(ProcessTree.field(name, of: status))
        return try #require(Int(text.split(separator: " ").first ?? ""))
      }
      let own = try kilobytes("RssAnon")
      #expect(own < 9_000)
      // what only the start used of the executable is gone, too
      #expect(try kilobytes("VmRSS") + 2_000 < kilobytes("VmHWM"))
    }
  }
}
