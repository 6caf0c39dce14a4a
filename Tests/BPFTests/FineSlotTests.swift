import BPFPrograms
import Testing

/// The function of fine slots against exact arithmetic: slot `8 i + k` holds `(2^(i-1+k/8), 2^(i-1+(k+1)/8)]` units of 2^-30 s.
@Suite struct FineSlotTests {
  /// 2^(k/8) in units of 2^-40.
  private static let roots: [UInt128] = [
    1_099_511_627_776, 1_199_025_932_245, 1_307_547_050_779, 1_425_890_169_699,
    1_554_944_255_988, 1_695_678_735_018, 1_849_150_772_653, 2_016_513_216_442,
  ]

  /// Whether a time is beyond 2^(slot/8 - 31) s: ns · 2^30 · 2^40 > 10^9 · 2^(i-1) · root.
  private static func isBeyond(_ ns: UInt64, _ slot: Int) -> Bool {
    UInt128(ns) << 71 > 1_000_000_000 * roots[slot % 8] << (slot / 8)
  }

  /// Of a time that has a slot of its own: from 1 ns to 2^16 s.
  private static func exact(_ ns: UInt64) -> Int {
    var slot = 8
    while isBeyond(ns, slot + 1) { slot += 1 }
    return slot
  }

  private static func random(_ body: (UInt64) -> Void) {
    var state: UInt64 = 11
    for _ in 0..<100_000 {
      state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
      body((state >> 14) >> ((state >> 3) % 50))
    }
  }

  @Test func everyPowerOfTwoIsThatOfTheCoarseSlots() {
    Self.random { ns in #expect(fine_slot(ns) / 8 == histogram_slot(ns), "\(ns) ns") }
  }

  @Test func timesUpToTwoSecondsAreInTheirSlots() {
    for ns in 1...10_000 as ClosedRange<UInt64> { #expect(Int(fine_slot(ns)) == Self.exact(ns), "\(ns) ns") }
    Self.random { ns in
      if 1...2_000_000_000 ~= ns { #expect(Int(fine_slot(ns)) == Self.exact(ns), "\(ns) ns") }
    }
  }

  /// On either side of each, to the nanosecond up to a second; of longer times a part in a thousand million.
  @Test func boundsAreWhereTheyBelong() {
    for slot in 9..<47 * 8 {
      // the longest whole number of nanoseconds up to the bound
      let bound = UInt64((1_000_000_000 * Self.roots[slot % 8] << (slot / 8)) >> 71)
      let late = bound < 1_000_000_000 ? 0 : bound / 1_000_000_000 + (bound >> 33 == 0 ? 1 : 1 << 14)
      guard bound >= 1 else { continue }
      #expect(Int(fine_slot(bound - late)) < slot, "below 2^(\(slot)/8 - 31) s")
      #expect(Int(fine_slot(bound + 1 + late)) >= slot, "above 2^(\(slot)/8 - 31) s")
    }
  }

  @Test func nothingAndTooMuchAreAtTheEnds() {
    #expect(fine_slot(0) == 0)
    for ns in [1 << 47, 1 << 63, UInt64.max] { #expect(fine_slot(ns) == UInt32(HISTOGRAM_SLOTS * FINE_SLOTS) - 1) }
  }
}
