import BPFPrograms
import Testing

/// The function that the eBPF programs call, against exact arithmetic: slot `i` holds `(2^(i-1), 2^i]` units of 2^-30 s.
@Suite struct HistogramSlotTests {
  private static let last = Int(HISTOGRAM_SLOTS) - 1

  /// The lowest slot whose bound is at or above the time: ns · 2^30 <= 2^slot · 10^9.
  private static func exact(_ ns: UInt64) -> Int {
    for slot in 0..<last where UInt128(ns) << 30 <= UInt128(1_000_000_000) << slot { return slot }
    return last
  }

  /// The highest whole number of nanoseconds in `slot`.
  private static func bound(_ slot: Int) -> UInt64 { UInt64((UInt128(1_000_000_000) << slot) >> 30) }

  /// Where the slot begins a little late: how far above a power of two a time may be and still be counted below it. The
  /// factor is 0.53 in a thousand million too small; above 2^33 ns the last 14 bits are not looked at.
  private static func lateness(_ ns: UInt64) -> UInt64 {
    if ns <= 2_000_000_000 { return 0 }
    return UInt64(Double(ns) * 0.527e-9) + 1 + (ns >> 33 == 0 ? 0 : 1 << 14)
  }

  private static func isRight(_ ns: UInt64) -> Bool {
    let slot = Int(histogram_slot(ns))
    let right = exact(ns)
    return slot == right || slot == right - 1 && ns - bound(slot) <= lateness(ns)
  }

  /// To the nanosecond up to two seconds.
  @Test func boundsAreExactUpToTwoSeconds() {
    for slot in 0...31 {
      let bound = Self.bound(slot)
      for ns in bound.advanced(by: -Int(min(bound, 2)))...(bound + 2) where ns <= 2_000_000_000 {
        #expect(Int(histogram_slot(ns)) == Self.exact(ns), "\(ns) ns")
      }
    }
  }

  /// Within 2 ns at 2 s, 5 ns at 8 s; from 2^33 ns on 16 µs and half a nanosecond a second. A whole power of two is always in its
  /// own slot.
  @Test func boundsAboveAreOffByNoMoreThanIsSaid() {
    for slot in 31..<Self.last {
      let bound = Self.bound(slot)
      #expect(Int(histogram_slot(bound)) == slot, "2^\(slot - 30) s")
      let late = Self.lateness(bound + 1)
      for ns in [bound - 2, bound - 1, bound, bound + 1, bound + 2, bound + late / 2, bound + late, bound + late + 1] {
        #expect(Self.isRight(ns), "\(ns) ns")
      }
      #expect(Int(histogram_slot(bound + late + 1)) == min(slot + 1, Self.last), "above 2^\(slot - 30) s")
    }
    #expect(Self.lateness(2_000_000_001) == 2)
    #expect(Self.lateness(8_000_000_000) == 5)
  }

  @Test func everyTimeUpToATenthOfAMillisecondIsInItsSlot() {
    let wrong = (0...100_000 as ClosedRange<UInt64>).filter { Int(histogram_slot($0)) != Self.exact($0) }
    #expect(wrong.isEmpty)
  }

  @Test func randomTimesAreInTheirSlots() {
    var state: UInt64 = 7
    for _ in 0..<200_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      // every magnitude up to 2^50
      let ns = (state >> 14) >> ((state >> 3) % 50)
      #expect(Self.isRight(ns), "\(ns) ns")
    }
  }

  @Test func whatIsLongerThanTheLastBoundIsInTheLastSlot() {
    for ns in [Self.bound(Self.last), 1 << 47, 1 << 50, 1 << 63, UInt64.max] {
      #expect(Int(histogram_slot(ns)) == Self.last, "\(ns) ns")
    }
    #expect(histogram_slot(0) == 0)
    #expect(histogram_slot(1) == 1)
  }
}
