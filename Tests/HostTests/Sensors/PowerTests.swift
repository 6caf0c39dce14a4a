import Fixtures
import Glibc
import Synchronization
import Testing

@testable import Host

@Suite struct PowercapTests {
  let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  func zone(_ identifier: String, _ name: String, range: String? = "262143328850\n", link: Bool = false) throws {
    let folder = link ? "devices/\(identifier)" : "class/powercap/\(identifier)"
    try tree.write(folder + "/name", name + "\n")
    try tree.write(folder + "/energy_uj", "5\n")
    if let range { try tree.write(folder + "/max_energy_range_uj", range) }
    if link { try tree.link("class/powercap/\(identifier)", to: "../../devices/\(identifier)") }
  }

  @Test func machineWithoutPowercapHasNoZonesAndNoProblem() {
    let (zones, problems) = PowercapZone.discover(paths: tree.paths)
    #expect(zones.isEmpty && problems.isEmpty)
  }

  @Test func zonesAreFoundInOrderWithTheirParents() throws {
    try tree.folder("class/powercap/intel-rapl")
    try tree.folder("class/powercap/intel-rapl-mmio")
    try tree.folder("class/powercap/dtpm:0")
    try tree.folder("class/powercap/intel-rapl:x")
    try zone("intel-rapl:10", "package-10")
    try zone("intel-rapl:2", "package-2-die-1", link: true)
    try zone("intel-rapl:2:3", "dram", range: nil, link: true)
    try zone("intel-rapl:4", "psys", range: "0\n")
    try zone("intel-rapl-mmio:0", "package-2")
    let (zones, problems) = PowercapZone.discover(paths: tree.paths)
    #expect(problems.isEmpty)
    #expect(
      zones.map(\.identifier) == [
        "intel-rapl:2", "intel-rapl:2:3", "intel-rapl:4", "intel-rapl:10", "intel-rapl-mmio:0",
      ])
    #expect(zones.map(\.name) == ["package-2-die-1", "dram", "psys", "package-10", "package-2"])
    #expect(zones.map(\.parentName) == [nil, "package-2-die-1", nil, nil, nil])
    #expect(zones.map(\.isMemoryMapped) == [false, false, false, false, true])
    #expect(zones.map(\.maxEnergyRange) == [262_143_328_850, nil, 0, 262_143_328_850, 262_143_328_850])
    #expect(zones[1].energyPath == tree.path("class/powercap/intel-rapl:2:3/energy_uj"))
  }

  @Test func zoneWithoutANameIsAProblemOfItsOwn() throws {
    try zone("intel-rapl:0", "package-0")
    try tree.folder("class/powercap/intel-rapl:1")
    try zone("intel-rapl:2", "")
    let (zones, problems) = PowercapZone.discover(paths: tree.paths)
    #expect(zones.map(\.name) == ["package-0"])
    #expect(problems.map(\.path) == ["1", "2"].map { tree.path("class/powercap/intel-rapl:\($0)/name") })
  }

  @Test func unreadableTreeIsAProblem() throws {
    try tree.folder("class")
    try tree.link("class/powercap", to: "powercap")
    let (zones, problems) = PowercapZone.discover(paths: tree.paths)
    #expect(zones.isEmpty)
    #expect(problems == [.system(SystemError(ELOOP, call: "opendir", path: tree.path("class/powercap")))])
  }
}

@Suite struct PowerPMUTests {
  let tree: TemporaryTree
  let base = "bus/event_source/devices/power/"
  init() throws { tree = try TemporaryTree() }

  func event(_ name: String, _ term: String, unit: String = "Joules") throws {
    try tree.write(base + "events/" + name, term + "\n")
    try tree.write(base + "events/\(name).scale", "2.3283064365386962890625e-10\n")
    try tree.write(base + "events/\(name).unit", unit + "\n")
  }

  @Test func absentPMUIsNone() throws { #expect(try PowerPMU.discover(paths: tree.paths) == nil) }

  @Test func eventsInJoulesAreFound() throws {
    try tree.write(base + "type", "20\n")
    try tree.write(base + "cpumask", "0,18\n")
    try event("energy-ram", "event=0x03")
    try event("energy-pkg", "event=0x02")
    try event("energy-odd", "event=0x07", unit: "Watts")
    let pmu = try #require(try PowerPMU.discover(paths: tree.paths))
    #expect(pmu.type == 20)
    #expect(pmu.cpus == [0, 18])
    #expect(pmu.events.map(\.name) == ["energy-pkg", "energy-ram"])
    #expect(pmu.events.map(\.config) == [2, 3])
    #expect(pmu.events[0].scale == "2.3283064365386962890625e-10")
  }

  @Test(arguments: ["event=2", "umask=0x02", "event=0x02,umask=0x1", ""])
  func unknownTermIsRefused(term: String) throws {
    try tree.write(base + "type", "20\n")
    try tree.write(base + "cpumask", "0\n")
    try event("energy-pkg", term)
    let error = failure { () throws(HostError) in try PowerPMU.discover(paths: tree.paths) }
    #expect(error?.path == tree.path(base + "events/energy-pkg"))
  }

  @Test func typeBeyond32BitsIsRefused() throws {
    try tree.write(base + "type", "4294967296\n")
    #expect(failure { () throws(HostError) in try PowerPMU.discover(paths: tree.paths) } != nil)
  }
}

@Suite struct PerfCounterTests {
  /// PERF_TYPE_SOFTWARE, PERF_COUNT_SW_CPU_CLOCK: the one PMU that every machine has.
  @Test func kernelCountsOnAnEvent() throws {
    let counter = PerfCounter(type: 1, config: 0, cpu: 0, name: "cpu-clock on CPU 0")
    let first: UInt64
    do throws(HostError) {
      first = try counter.read()
    } catch {
      // Without the privilege the error must say so; nothing else can be tested then.
      #expect(error.isPermission, "\(error)")
      return
    }
    usleep(20_000)
    let second = try counter.read()
    #expect(second > first + 10_000_000)
  }

  @Test func unknownPMUIsNamedInTheError() {
    let counter = PerfCounter(type: 99_999, config: 0, cpu: 0, name: "power/energy-pkg on CPU 0")
    let error = failure { () throws(HostError) in try counter.read() }
    #expect(error?.description.hasPrefix("perf_event_open power/energy-pkg on CPU 0: ") == true)
  }

  @Test func endOfFileIsAFailureAndOpensAnew() throws {
    let opens = Atomic<Int>(0)
    let counter = PerfCounter(type: 1, config: 2, cpu: 3, name: "event") { type, config, cpu in
      #expect((type, config, cpu) == (1, 2, 3))
      let isFirst = opens.add(1, ordering: .relaxed).newValue == 1
      return open(isFirst ? "/dev/null" : "/dev/zero", O_RDONLY | O_CLOEXEC)
    }
    let error = failure { () throws(HostError) in try counter.read() }
    #expect(error == .malformed(path: "event", expected: "8 bytes", found: "0 bytes"))
    #expect(try counter.read() == 0)
    #expect(opens.load(ordering: .relaxed) == 2)
  }
}
