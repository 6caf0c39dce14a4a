import Fixtures
import Testing

@testable import Host

@Suite struct FrequencyScalingTests {
  let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  @Test func countersDecideOnX86() throws {
    try tree.write("cpuinfo", "processor\t: 0\nflags\t\t: fpu aperfmperf sse\n\nprocessor\t: 1\nflags\t\t: fpu\n")
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: false) == .unknown)
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: true) == .frequency)
    try tree.write("cpuinfo", "processor\t: 0\nflags\t\t: fpu sse\n")
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: false) == .none)
    // what was seen counts more
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: true) == .frequency)
  }

  @Test func elsewhereItIsUnknownUntilSeen() throws {
    try tree.write("cpuinfo", "processor\t: 0\nFeatures\t: fp asimd\n")
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: false) == .unknown)
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: true) == .frequency)
  }

  @Test func smallCPUsAreSeen() throws {
    try tree.write("devices/system/cpu/possible", "0-1\n")
    try tree.write("devices/system/cpu/cpu0/cpu_capacity", "1024\n")
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: false) == .unknown)
    try tree.write("devices/system/cpu/cpu1/cpu_capacity", "446\n")
    #expect(FrequencyScaling(paths: tree.paths).invariance(isScaled: false) == .capacity)
  }
}
