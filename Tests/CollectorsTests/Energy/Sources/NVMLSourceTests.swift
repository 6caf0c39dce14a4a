import Collecting
import Energy
import Exposition
import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

/// A copy of the stand-in for NVIDIA's library, with a machine of its own.
struct StandInNVML {
  let path: String

  init(in folder: String) throws {
    // Built beside the test bundle.
    let bundle = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let built = URL(fileURLWithPath: bundle).deletingLastPathComponent().appendingPathComponent("libnvmlstandin.so")
    path = folder + "/libnvml.so"
    try FileManager.default.copyItem(at: built, to: URL(fileURLWithPath: path))
  }

  /// What it answers from now on.
  func set(_ lines: String...) throws {
    try Data((lines.joined(separator: "\n") + "\n").utf8).write(
      to: URL(fileURLWithPath: path + ".state"), options: .atomic)
  }
}

/// NVIDIA GPUs, by a library that stands in for NVIDIA's.
@Suite struct NVMLSourceTests {
  let host: EnergyFixture
  let nvml: StandInNVML

  init() throws {
    host = try EnergyFixture()
    nvml = try StandInNVML(in: host.root)
  }

  @Test func machineWithoutTheLibraryHasNoGPU() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    let collector = try host.makeProvedCollector(nvml: "libnvidia-ml-of-nobody.so.1")
    #expect(collector.warnings.isEmpty)
    #expect(try collector.series().keys(of: "energy_joules") == ["rapl/0/package-0"])
  }

  @Test func libraryThatIsAnotherOneIsNone() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    #expect(try host.makeProvedCollector(nvml: "libc.so.6").series().keys(of: "energy_joules") == ["rapl/0/package-0"])
  }

  @Test func energyIsCountedPerDevice() throws {
    try nvml.set("gpu GPU-aaaa 5000 1", "gpu GPU-bbbb 9000 1")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("gpu GPU-aaaa 7500 1", "gpu GPU-bbbb 9001 1")
    collector.sample(at: 2 * .second)
    let state = try collector.series()
    #expect(state.joules("nvml/GPU-aaaa/gpu-0") == 2.5)
    #expect(state.watts("nvml/GPU-aaaa/gpu-0") == 1.25)
    #expect(state.joules("nvml/GPU-bbbb/gpu-1") == 0.001)
    #expect(collector.roleNames == ["nvml GPU-aaaa/gpu-0": "primary", "nvml GPU-bbbb/gpu-1": "primary"])
  }

  @Test func powerIsIntegratedWhereThereIsNoCounter() throws {
    try nvml.set("code energy 3", "gpu GPU-aaaa 0 100000")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("code energy 3", "gpu GPU-aaaa 0 200000")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("nvml/GPU-aaaa/gpu-0") == 300)
  }

  @Test func failedCallIsHeldAndCounted() throws {
    try nvml.set("gpu GPU-aaaa 1000 1")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("code energy 15", "gpu GPU-aaaa 5000 1")
    collector.sample(at: .second)
    #expect(try collector.series().joules("nvml/GPU-aaaa/gpu-0") == nil)
    #expect(try collector.series().errors("nvml/GPU-aaaa/gpu-0") == 1)
    try nvml.set("gpu GPU-aaaa 7000 1")
    collector.sample(at: 3 * .second)
    #expect(try collector.series().joules("nvml/GPU-aaaa/gpu-0") == 6)
    #expect(try collector.series().watts("nvml/GPU-aaaa/gpu-0") == 2)
  }

  @Test func driverThatWasLoadedAnewCountsFromThere() throws {
    try nvml.set("gpu GPU-aaaa 900000 1")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("gpu GPU-aaaa 5 1")
    collector.sample(at: .second)
    #expect(try collector.series().errors("nvml/GPU-aaaa/gpu-0") == 1)
    try nvml.set("gpu GPU-aaaa 1005 1")
    collector.sample(at: 2 * .second)
    #expect(try collector.series().joules("nvml/GPU-aaaa/gpu-0") == 1)
  }

  @Test func driverThatComesLateIsFound() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try nvml.set("code init 9")
    let collector = try host.makeCollector(nvml: nvml.path)
    #expect(collector.warnings == ["\(nvml.path): expected success of nvmlInit, found \"Driver Not Loaded\""])
    try nvml.set("gpu GPU-aaaa 1000 1")
    collector.sample(at: 60 * .second)
    try nvml.set("gpu GPU-aaaa 1500 1")
    collector.sample(at: 61 * .second)
    #expect(try collector.series().joules("nvml/GPU-aaaa/gpu-0") == 0.5)
  }

  /// A call that does not return delays one reading, and no further one; what it counted meanwhile is not lost.
  @Test func callThatHangsIsHeldAndOthersGoOn() throws {
    try host.zone("intel-rapl:0", "package-0", 0)
    try nvml.set("gpu GPU-aaaa 1000 1")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("delay energy 4000", "gpu GPU-aaaa 2000 1")
    for step in 1...50 as ClosedRange<UInt64> {
      try host.set("intel-rapl:0", step * 1_000_000)
      collector.sample(at: step * .second)
    }
    // 50 readings passed before the call came back: none but the first waited.
    var state = try collector.series()
    #expect(state.joules("rapl/0/package-0") == 50)
    #expect(state.errors("nvml/GPU-aaaa/gpu-0") == 50)
    #expect(state.joules("nvml/GPU-aaaa/gpu-0") == nil)
    try nvml.set("gpu GPU-aaaa 9000 1")
    var step: UInt64 = 51
    while state.joules("nvml/GPU-aaaa/gpu-0") == nil && step < 500 {
      usleep(50_000)
      collector.sample(at: step * .second)
      state = try collector.series()
      step += 1
    }
    #expect(state.joules("nvml/GPU-aaaa/gpu-0") == 8)
  }

  /// Who used the only GPU in the window that the last sample closed.
  private func uses(of collector: EnergyCollector) -> [DeviceUse]? { collector.readings.first?.uses }

  @Test func utilisationTellsWhoUsedIt() throws {
    try nvml.set("gpu GPU-aaaa 1000 1", "use 0 41 5 90")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("gpu GPU-aaaa 2000 1", "use 0 41 5 90", "use 0 42 10 60", "use 0 42 11 20", "use 0 43 11 20")
    collector.sample(at: .second)
    #expect(uses(of: collector)?.map(\.pid) == [42, 43])
    #expect(uses(of: collector)?.map(\.weight) == [80, 20])
    // In a window that stays open uses add up, too.
    try nvml.set("code energy 15", "gpu GPU-aaaa 3000 1", "use 0 42 12 10")
    collector.sample(at: 2 * .second)
    #expect(uses(of: collector) == nil)
    try nvml.set("gpu GPU-aaaa 3000 1", "use 0 42 12 10", "use 0 44 13 30")
    collector.sample(at: 3 * .second)
    #expect(uses(of: collector)?.map(\.pid) == [42, 44])
    #expect(uses(of: collector)?.map(\.weight) == [10, 30])
    // Nobody since.
    collector.sample(at: 4 * .second)
    #expect(uses(of: collector)?.isEmpty == true)
  }

  @Test func runningProcessesShareWhereUtilisationIsNotTold() throws {
    let processes = ["run 0 7 compute", "run 0 8 graphics", "run 0 7 graphics"]
    try nvml.set("code samples 3", "gpu GPU-aaaa 1000 1", processes[0], processes[1], processes[2])
    let collector = try host.makeCollector(nvml: nvml.path)
    collector.sample(at: .second)
    #expect(uses(of: collector)?.map(\.pid) == [7, 8])
    #expect(uses(of: collector)?.map(\.weight) == [1, 1])
  }

  @Test func gpuThatIsGoneIsAbsentAndTheOtherStays() throws {
    try nvml.set("gpu GPU-aaaa 1000 1", "gpu GPU-bbbb 1000 1")
    let collector = try host.makeCollector(nvml: nvml.path)
    try nvml.set("gpu GPU-bbbb 2000 1")
    // The next look for devices tells.
    collector.sample(at: 60 * .second)
    collector.sample(at: 61 * .second)
    // The other has NVML's number 0 now, and keeps its series.
    #expect(try collector.series().keys(of: "energy_joules") == ["nvml/GPU-bbbb/gpu-1"])
    #expect(try collector.series().joules("nvml/GPU-bbbb/gpu-1") == 1)
    #expect(collector.roleNames == ["nvml GPU-bbbb/gpu-1": "primary"])
  }
}
