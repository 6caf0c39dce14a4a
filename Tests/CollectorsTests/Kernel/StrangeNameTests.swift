import Collecting
import Exposition
import Foundation
import Machine
import Testing

@testable import Collectors

extension KernelTests {
  /// Whatever processes, control groups and devices call themselves.
  @Suite struct StrangeNameTests {
    /// All that can run on every machine, and the names of other exporters.
    private static let names = Set(Registry.collectors.map(\.name).filter { $0 != "pmu" } + ["wattprobe"])

    private func run(_ words: String...) throws {
      let process = Process()
      process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
      process.arguments = words
      try process.run()
      process.waitUntilExit()
    }

    /// A server keeps one of several samples with the same labels, in silence, or refuses the scrape.
    @Test func noTwoSamplesOfAFamilyHaveTheSameLabels() throws {
      let root = try ControlGroup("/wattprobe-strange-\(getpid())")
      defer { try? run("find", root.folder, "-mindepth", "1", "-depth", "-type", "d", "-delete") }
      let devices = ["wpx\u{e9}", "wpxe\u{301}", "wpx\"", "wpx\\", "wpx,y"]
      defer { for device in devices { try? run("ip", "link", "delete", device) } }
      let collectors = try LiveCollectors(Self.names) { options in
        options.process.limit = 200
      }
      _ = try collectors.read()
      for device in devices { try run("ip", "link", "add", device, "type", "dummy") }
      for device in devices { try run("ip", "link", "set", device, "up") }
      let load = try Load("strange-names", root.folder, 20)
      defer { load.kill() }
      load.begin()
      for _ in 0..<6 {
        try expectNoTwoAlike(collectors.snapshot())
        pause(seconds: 0.5)
      }
      try load.waitUntilDone()
      let snapshot = try collectors.snapshot()
      try expectNoTwoAlike(snapshot)
      // they are there: one of each pair of names that is one to whoever replaces what is no UTF-8
      let labels = snapshot.samples.map { String(decoding: snapshot.labels[$0.labels], as: UTF8.self) }
      for name in [#"comm="x\u{FFFD}f8""#, #"comm="x\u{FFFD}f9""#, #"comm="x\u{FFFD}+""#, #"comm="x\u{FFFD}+f8""#]
        as [String]
      {
        let text = name.replacingOccurrences(of: #"\u{FFFD}"#, with: "\u{FFFD}")
        #expect(labels.contains { $0.contains(text) }, "\(text)")
      }
    }

    private func expectNoTwoAlike(_ snapshot: Snapshot) throws {
      var seen: Set<[UInt8]> = []
      for sample in snapshot.samples {
        let series = Array(snapshot.families[sample.family].name.utf8) + [0] + snapshot.labels[sample.labels]
        #expect(seen.insert(series).inserted, "\(String(decoding: series, as: UTF8.self)) twice")
      }
      // what a server makes of it
      var text: [UInt8] = []
      [snapshot].encode(as: .openMetrics) { text += $0 }
      #expect(String(validating: text, as: UTF8.self) != nil)
    }
  }
}
