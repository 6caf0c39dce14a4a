import Testing

@testable import Collectors

struct LaneTests {
  @Test func eachCPUHasALaneWhereTheyFit() {
    let lanes = Lanes(size: 1000, budget: 100_000, cpus: 100)
    #expect(lanes.shift == 0)
    #expect(lanes.count == 100)
  }

  @Test(arguments: [1, 2, 3, 63, 64, 65, 100, 240, 256, 4096])
  func everyCPUHasALaneAndTheBudgetHolds(cpus: Int) {
    for size in [1, 500, 4096, 50_688, 3_000_000] {
      let lanes = Lanes(size: size, budget: 1 << 21, cpus: cpus)
      #expect((cpus - 1) >> lanes.shift == lanes.count - 1)
      if lanes.shift == 0 {
        #expect(cpus == 1 || cpus * size <= 1 << 21)
      } else {
        #expect(cpus * size > 1 << 21)
        #expect(lanes.count == 1 || lanes.count * size <= 1 << 20)
        // no fewer than need be
        #expect(((cpus - 1) >> (lanes.shift - 1) + 1) * size > 1 << 20 || lanes.shift == 1)
      }
    }
  }
}
