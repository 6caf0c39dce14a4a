import BPFPrograms
import Fixtures
import Testing

@testable import Collectors

/// Entries of the kernel that come and go, and what scrapes show of them.
@Suite struct GroupWaitsTests {
  private static func key(_ id: UInt64) -> CgroupKey { CgroupKey(id: id, hierarchy: 0, unused: 0) }

  private static func waits(_ sum: UInt64) -> CgroupWaits {
    var waits = CgroupWaits()
    waits.runqueue.sum = sum
    waits.runqueue.slots.0 = 2 * sum
    return waits
  }

  @Test func groupThatComesBackGoesOnAndWhatWasNotShownIsInOther() {
    var waits = GroupWaits()
    waits.admit(Self.key(1), continuing: nil)
    #expect(waits.show(Self.key(1), Self.waits(292)).runqueue.sum == 292)
    waits.evict(Self.key(1), Self.waits(300))
    #expect(waits.show(CgroupKey(), Self.waits(50)).runqueue.sum == 58)
    #expect(waits.show(CgroupKey(), Self.waits(50)).runqueue.slots.0 == 116)
    waits.admit(Self.key(1), continuing: nil)
    #expect(waits.show(Self.key(1), Self.waits(3)).runqueue.sum == 295)
  }

  @Test func groupMadeAnewUnderTheSamePathGoesOn() {
    var waits = GroupWaits()
    waits.admit(Self.key(1), continuing: nil)
    _ = waits.show(Self.key(1), Self.waits(10))
    waits.evict(Self.key(1), Self.waits(10))
    waits.admit(Self.key(2), continuing: Self.key(1))
    #expect(waits.show(Self.key(2), Self.waits(1)).runqueue.sum == 11)
  }

  /// To a scraper that comes now and then, no counter falls, and all of them rise by everything there was.
  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func increasesAreAllWaitsAndNoCounterFalls(seed: UInt64) {
    var random = Generator(seed: seed)
    var waits = GroupWaits()
    // as the kernel has it
    var held: [UInt64: UInt64] = [0: 0]
    var all: UInt64 = 0
    var shown: [UInt64: UInt64] = [:]
    var risen: UInt64 = 0
    for _ in 0..<500 {
      let group = 1 + random.below(5)
      switch random.below(4) {
      case 0 where held[group] == nil:
        waits.admit(Self.key(group), continuing: nil)
        held[group] = 0
      case 1:
        if let last = held.removeValue(forKey: group) { waits.evict(Self.key(group), Self.waits(last)) }
      case 2:
        for (group, sum) in held {
          let now = waits.show(Self.key(group), Self.waits(sum)).runqueue.sum
          #expect(now >= shown[group] ?? 0)
          risen += now - (shown[group] ?? 0)
          shown[group] = now
        }
        #expect(risen == all)
      default:
        let some = random.below(1000)
        held[held[group] == nil ? 0 : group]! += some
        all += some
      }
    }
  }
}
