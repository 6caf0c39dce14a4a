import Fixtures
import Testing

@testable import Energy

@Suite struct EnergyAccountTests {
  private static let none = IdleFloor(microwatts: 0)

  @Test func windowIsIdleThenDividedThenLeftOver() {
    var account = EnergyAccount(floor: IdleFloor(microwatts: 5_000_000))
    account.add(200, to: 0)
    account.add(100, to: 2)
    account.measure(total: 20_000_000, nanoseconds: 2 * second)
    let closed = account.close()
    #expect(closed?.idle == 10_000_000)
    #expect(closed?.shares == [6_666_666, 0, 3_333_333])
    #expect(closed?.unattributed == 1)
  }

  @Test func floorIsNeverMoreThanWasMeasured() {
    var account = EnergyAccount(floor: IdleFloor(microwatts: 5_000_000))
    account.add(1, to: 0)
    account.measure(total: 4_999_999, nanoseconds: second)
    let closed = account.close()
    #expect(closed?.idle == 4_999_999 && closed?.unattributed == 0 && closed?.shares == [0])
  }

  @Test func withoutAnyRunTimeAllActiveEnergyIsUnattributed() {
    var account = EnergyAccount(floor: IdleFloor(microwatts: 1_000_000))
    account.measure(total: 3_000_000, nanoseconds: second)
    let closed = account.close()
    #expect(closed?.idle == 1_000_000 && closed?.unattributed == 2_000_000)
  }

  @Test func windowHeldOpenHasTheWeightsOfTheWholeTime() {
    var account = EnergyAccount(floor: Self.none)
    account.add(10, to: 0)
    #expect(account.close() == nil)
    account.add(30, to: 1)
    #expect(account.close() == nil)
    account.measure(total: 4000, nanoseconds: 3 * second)
    #expect(account.close()?.shares == [1000, 3000])
    // and those of the next none of it
    account.add(1, to: 1)
    account.measure(total: 4008, nanoseconds: second)
    #expect(account.close()?.shares == [0, 8])
  }

  /// Where no pass over the tasks could be made, several windows are attributed as one.
  @Test func windowsWithoutWeightsAreAttributedTogether() {
    var account = EnergyAccount(floor: Self.none)
    account.measure(total: 40, nanoseconds: second)
    account.measure(total: 100, nanoseconds: 2 * second)
    account.add(5, to: 0)
    let closed = account.close()
    #expect(closed?.window == EnergyWindow(microjoules: 100, nanoseconds: 3 * second))
    #expect(closed?.shares == [100])
    #expect(account.close() == nil)
  }

  @Test func leafThatEndsLeavesItsWeightToAnother() {
    var account = EnergyAccount(floor: Self.none)
    account.add(3, to: 4)
    account.move(4, to: 1)
    account.move(9, to: 1)
    account.add(1, to: 4)
    account.measure(total: 4, nanoseconds: second)
    #expect(account.close()?.shares == [0, 3, 0, 0, 1])
  }

  /// 1000 traces of windows with failed readings, wraps and resets of the counter, weights in slices: to the microjoule, what
  /// the counter measured is what was attributed, and no total ever falls.
  @Test(arguments: 1...1000 as ClosedRange<UInt64>)
  func everythingMeasuredIsAttributedOnce(seed: UInt64) {
    var random = Generator(seed: seed)
    let range = CounterRange(maxEnergyRange: 65_712_999_613)!
    var counter = WrapSafeCounter(range: seed % 5 == 0 ? nil : range)
    var account = EnergyAccount(floor: seed % 2 == 0 ? IdleFloor(cpus: 4) : IdleFloor(microwatts: 3_000_000))
    var reading = random.next() % range.modulus
    var now: UInt64 = 0
    _ = counter.read(reading, at: now)
    var totals = [UInt64](repeating: 0, count: 10)
    var (idle, unattributed, attributed) = (UInt64(0), UInt64(0), UInt64(0))
    for _ in 0..<60 {
      now += random.next() % (4 * second)
      for _ in 0..<(random.next() % 12) { account.add(random.magnitude(upToBits: 32), to: Int(random.next() % 10)) }
      if random.next() % 8 == 0 { account.move(Int(random.next() % 10), to: Int(random.next() % 10)) }
      reading = (reading + random.magnitude(upToBits: 30)) % range.modulus
      switch random.next() % 10 {
      case 0: counter.fail()
      case 1: counter.vanish()
      case 2: reading = random.next() % 1000
      default:
        if let window = counter.read(reading, at: now) {
          account.measure(total: counter.microjoules, nanoseconds: window.nanoseconds)
        }
      }
      // a pass over the tasks may fail, too
      if random.next() % 7 == 0 { continue }
      guard let closed = account.close() else { continue }
      for (leaf, share) in closed.shares.enumerated() {
        #expect(share <= closed.window.microjoules)
        totals[leaf] += share
      }
      idle += closed.idle
      unattributed += closed.unattributed
      #expect(closed.shares.reduce(closed.idle + closed.unattributed, +) == closed.window.microjoules)
      attributed += closed.window.microjoules
    }
    // the last reading that can be taken
    now += second
    reading = (reading + 1_000_000) % range.modulus
    for _ in 0..<4 {
      now += second
      guard counter.read(reading, at: now) != nil else { continue }
      account.measure(total: counter.microjoules, nanoseconds: second)
    }
    if let closed = account.close() {
      for (leaf, share) in closed.shares.enumerated() { totals[leaf] += share }
      idle += closed.idle
      unattributed += closed.unattributed
      attributed += closed.window.microjoules
    }
    #expect(attributed == counter.microjoules)
    #expect(totals.reduce(idle + unattributed, +) == counter.microjoules)
  }

  /// Whether a process ran in one slice or in many is all one.
  @Test(arguments: 1...300 as ClosedRange<UInt64>)
  func slicesOfAWeightChangeNothing(seed: UInt64) {
    var random = Generator(seed: seed)
    var (whole, sliced) = (EnergyAccount(floor: Self.none), EnergyAccount(floor: Self.none))
    var total: UInt64 = 0
    for _ in 0..<20 {
      var slices: [(leaf: Int, weight: UInt64)] = []
      for leaf in 0..<8 {
        var weight = random.magnitude(upToBits: 40)
        whole.add(weight, to: leaf)
        while weight > 0 && slices.count < 500 {
          let slice = 1 + random.next() % weight
          slices.append((leaf, slice))
          weight -= slice
        }
        if weight > 0 { slices.append((leaf, weight)) }
      }
      sliced.add(0, to: 7)
      for slice in slices.shuffled(using: &random) { sliced.add(slice.weight, to: slice.leaf) }
      total += random.magnitude(upToBits: 40)
      whole.measure(total: total, nanoseconds: second)
      sliced.measure(total: total, nanoseconds: second)
      #expect(whole.close() == sliced.close())
    }
  }
}
