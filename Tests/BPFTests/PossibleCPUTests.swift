import Testing

@testable import BPF

/// Arrays are indexed by the numbers of CPUs, of which there may be fewer than the highest number says.
@Suite struct PossibleCPUTests {
  @Test(arguments: [
    ("0\n", 1), ("0-3\n", 4), ("0-127", 128), ("0-3,8-11\n", 12), ("0,2,4\n", 5), ("0-1,3", 4), ("4095", 4096),
  ])
  func arraysReachToTheHighestNumber(list: String, end: Int) {
    #expect(PossibleCPUs.end(of: list.utf8) == end)
  }

  @Test(arguments: ["", "\n", "none"]) func withoutAListNothingIsKnown(list: String) {
    #expect(PossibleCPUs.end(of: list.utf8) == nil)
  }

  /// What no machine has sizes no array.
  @Test func hugeNumberIsHeld() throws {
    #expect(try #require(PossibleCPUs.end(of: String(repeating: "9", count: 40).utf8)) <= 1 << 24)
  }

  @Test func thisMachinesNumbersHaveRoom() {
    #expect(PossibleCPUs.end >= PossibleCPUs.count)
    #expect(PossibleCPUs.count >= 1)
  }
}
