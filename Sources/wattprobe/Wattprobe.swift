import Collecting
import Collectors
import Exposition
import Host
import Logging
import Glibc

@main struct Main {
  static func main() {
    var options = CollectorOptions()
    options.enabled = Set(Registry.collectors.map(\.name))
    let logger = Logger(label: "x")
    if CommandLine.arguments.count > 1 { options.schedulerForm = .init(rawValue: CommandLine.arguments[1]) }
    let o = options
    let set = CollectorSet(Registry.collectors, enabled: options.enabled, context: { CollectorContext(options: o, logger: logger) },
      program: { ProgramCollector($0, build: BuildInformation(version: "0", revision: "x")) }, now: { MonotonicClock.now }, report: { print($0) })
    for _ in 0..<3 {
    let ctxt = try! SystemStatistics(paths: HostPaths()).contextSwitches
    let s = set.collect(CollectorSelection())
    var b: [UInt8] = []
    s.encode(as: .prometheus, into: &b)
    print(ctxt)
    print(String(decoding: b, as: UTF8.self).split(separator: "\n").filter { ($0.contains("sched_") || $0.contains("lost") || $0.contains("resident") || $0.contains("cpu_seconds")) && !$0.contains("le=") && !$0.contains("#") }.joined(separator: "\n"))
    sleep(3)
    }
  }
}
