import Fixtures
import Glibc
import Testing

@testable import Host

@Suite struct CPUTests {
  let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  @Test(arguments: [
    ("0\n", [0]), ("0-3,5\n", [0, 1, 2, 3, 5]), ("0-1,64-65,127", [0, 1, 64, 65, 127]), ("\n", []), ("", []),
  ])
  func listIsParsed(text: String, cpus: [Int]) throws {
    #expect(try CPUList.parse(Array(text.utf8).span, path: "list") == cpus)
  }

  @Test(arguments: [
    "a", "1-", "-3", "3-1", "1,", "1,,2", "1 2", "0-4294967295", "0-3x", "0,0,1", "1,0", "0-3,2-5",
    "0-65535,0-65535",
  ])
  func brokenListIsRefused(text: String) {
    let bytes = Array(text.utf8)
    let error = failure { () throws(HostError) in try CPUList.parse(bytes.span, path: "list") }
    #expect(error?.path == "list")
  }

  func writeCPU(_ number: Int, package: String, die: String?, siblings: String) throws {
    let topology = "devices/system/cpu/cpu\(number)/topology/"
    try tree.write(topology + "physical_package_id", package)
    if let die { try tree.write(topology + "die_id", die) }
    try tree.write(topology + "thread_siblings_list", siblings)
  }

  @Test func topologyKnowsPackagesDiesAndSiblings() throws {
    try tree.write("devices/system/cpu/online", "0-2\n")
    try tree.write("devices/system/cpu/possible", "0-7\n")
    try writeCPU(0, package: "0\n", die: "0\n", siblings: "0,2\n")
    try writeCPU(1, package: "1\n", die: "1\n", siblings: "1\n")
    try writeCPU(2, package: "0\n", die: "0\n", siblings: "0,2\n")
    let topology = try CPUTopology(paths: tree.paths)
    #expect(topology.possible == Array(0...7))
    #expect(topology.online.map(\.number) == [0, 1, 2])
    #expect(topology.online.map(\.package) == [0, 1, 0])
    #expect(topology.cpu(1)?.die == 1)
    #expect(topology.cpu(2)?.siblings == [0, 2])
    #expect(topology.cpu(3) == nil)
  }

  @Test func platformThatDoesNotTellHasNoPackage() throws {
    try tree.write("devices/system/cpu/online", "0-1\n")
    try tree.write("devices/system/cpu/possible", "0-1\n")
    try writeCPU(0, package: "-1\n", die: nil, siblings: "0\n")
    let topology = try CPUTopology(paths: tree.paths)
    #expect(topology.cpu(0)?.package == nil)
    #expect(topology.cpu(0)?.die == nil)
    #expect(topology.cpu(1)?.package == nil)
    #expect(topology.cpu(1)?.siblings == [1])
  }

  @Test func topologyOfThisMachineHasEveryOnlineCPU() throws {
    let topology = try CPUTopology(paths: HostPaths())
    #expect(topology.online.count == sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    #expect(topology.possible.count >= topology.online.count)
    #expect(topology.online.allSatisfy { $0.siblings.contains($0.number) })
  }

  @Test func frequencyIsInHertzAndAbsentWhereUnknown() throws {
    try tree.write("devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400123\n")
    try tree.write("devices/system/cpu/cpu2/cpufreq/scaling_cur_freq", "<unknown>\n")
    try tree.write("devices/system/cpu/cpu3/cpufreq/scaling_cur_freq", "18446744073709551615\n")
    let frequency = CPUFrequency(cpus: [0, 1, 2, 3], paths: tree.paths, reader: BoundedReader(patience: 10_000))
    var seen: [Int: UInt64] = [:]
    frequency.forEach(now: 1) { seen[$0] = $1 }
    #expect(seen == [0: 2_400_123_000])
    // A CPU that comes online later is found then.
    try tree.write("devices/system/cpu/cpu1/cpufreq/scaling_cur_freq", "800000\n")
    frequency.forEach(now: 1) { seen[$0] = $1 }
    #expect(seen == [0: 2_400_123_000, 1: 800_000_000])
  }

  @Test func machineWithoutFrequenciesIsAskedAgainAfterTenSeconds() throws {
    let file = "devices/system/cpu/cpu0/cpufreq/scaling_cur_freq"
    let frequency = CPUFrequency(cpus: [0], paths: tree.paths, reader: BoundedReader(patience: 10_000))
    var seen: [UInt64] = []
    frequency.forEach(now: 1) { seen.append($1) }
    try tree.write(file, "800000\n")
    frequency.forEach(now: 10_000_000_000) { seen.append($1) }
    #expect(seen.isEmpty)
    frequency.forEach(now: 10_000_000_001) { seen.append($1) }
    frequency.forEach(now: 10_000_000_002) { seen.append($1) }
    #expect(seen == [800_000_000, 800_000_000])
  }
}
