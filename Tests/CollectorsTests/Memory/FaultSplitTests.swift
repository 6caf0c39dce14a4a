import Fixtures
import Host
import Testing

@testable import Collectors

@Suite struct FaultSplitTests {
  /// What there was in truth, and how the kernel's two accounts show it.
  private struct World {
    var userMinor: UInt64 = 0
    var userMajor: UInt64 = 0
    var kernelMinor: UInt64 = 0
    var kernelMajor: UInt64 = 0
    /// By `get_user_pages()`: in the totals only.
    var pinnedMinor: UInt64 = 0
    var pinnedMajor: UInt64 = 0
    /// Of the user's minor ones, those perf takes for major.
    var waited: UInt64 = 0

    var totals: PageFaultStatistics {
      let major = userMajor + kernelMajor + pinnedMajor
      return PageFaultStatistics(total: major + userMinor + kernelMinor + pinnedMinor, major: major)
    }

    var byMode: PageFaultCounters.Counts {
      var counts = PageFaultCounters.Counts()
      counts.userMinor = userMinor - waited
      counts.userMajor = userMajor + waited
      counts.kernelMajor = kernelMajor
      return counts
    }

    var observation: FaultSplit.Observation { .init(totals: totals, byMode: byMode) }
  }

  @Test func everythingHasItsPlace() {
    var world = World(userMinor: 900, userMajor: 7)
    var split = FaultSplit(from: world.observation)
    world.userMinor += 100
    world.userMajor += 20
    world.kernelMinor += 30
    world.kernelMajor += 4
    world.pinnedMinor += 5
    split.advance(to: world.observation)
    #expect(split.userMinor == 100)
    #expect(split.userMajor == 20)
    #expect(split.kernelMinor == 35)
    #expect(split.kernelMajor == 4)
  }

  /// Pages swapped in by `get_user_pages()` are major faults of the kernel.
  @Test func whatPerfDoesNotSeeIsTheKernels() {
    var world = World()
    var split = FaultSplit(from: world.observation)
    world.pinnedMajor += 12
    world.pinnedMinor += 3
    split.advance(to: world.observation)
    #expect(split.kernelMajor == 12)
    #expect(split.kernelMinor == 3)
    #expect(split.userMajor + split.userMinor == 0)
  }

  /// A fault that waited for a page already asked for is minor, as in `/proc/vmstat`.
  @Test func waitForAnothersReadIsMinor() {
    var world = World()
    var split = FaultSplit(from: world.observation)
    world.userMinor += 50
    world.waited += 40
    world.userMajor += 5
    split.advance(to: world.observation)
    #expect(split.userMajor == 5)
    #expect(split.userMinor == 50)
    #expect(split.kernelMajor + split.kernelMinor == 0)
  }

  /// The two accounts are read one after the other: what the first saw and the second does not yet is made up for later.
  @Test func faultsAheadOfTheTotalsAreNotCountedTwice() {
    var world = World()
    var split = FaultSplit(from: world.observation)
    let earlier = world.totals
    world.userMinor += 10
    split.advance(to: .init(totals: earlier, byMode: world.byMode))
    #expect(split.userMinor == 0)
    split.advance(to: world.observation)
    #expect(split.userMinor == 10)
    #expect(split.kernelMinor == 0)
  }

  /// Whatever happens between any two readings: no counter falls, and the sums are the kernel's.
  @Test(arguments: 0..<50)
  func sumsAreTheKernels(seed: UInt64) {
    var generator = Generator(seed: seed)
    var world = World(userMinor: 1_000, kernelMinor: 77)
    let start = world.totals
    var split = FaultSplit(from: world.observation)
    for _ in 0..<100 {
      func some() -> UInt64 { generator.chance(4) ? 0 : generator.below(50) }
      let before = split
      let minor = some()
      world.userMinor += minor
      world.waited += min(minor, some())
      world.userMajor += some()
      world.kernelMinor += some()
      world.kernelMajor += some()
      world.pinnedMinor += some()
      world.pinnedMajor += some()
      split.advance(to: world.observation)
      #expect(split.userMinor >= before.userMinor && split.userMajor >= before.userMajor)
      #expect(split.kernelMinor >= before.kernelMinor && split.kernelMajor >= before.kernelMajor)
    }
    let major = split.userMajor + split.kernelMajor
    #expect(major == world.totals.major - start.major)
    #expect(major + split.userMinor + split.kernelMinor == world.totals.total - start.total)
    #expect(split.userMinor + split.userMajor == world.userMinor + world.userMajor - 1_000)
  }
}
