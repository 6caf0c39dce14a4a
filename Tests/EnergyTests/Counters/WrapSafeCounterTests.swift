import Fixtures
import Testing

@testable import Energy

@Suite struct WrapSafeCounterTests {
  static let package = CounterRange(maxEnergyRange: 262_143_328_850)!
  static let memory = CounterRange(maxEnergyRange: 65_712_999_613)!

  @Test func firstReadingIsTheBase() {
    var counter = WrapSafeCounter(range: Self.package)
    #expect(!counter.hasReading)
    #expect(counter.read(200_000_000, at: second) == nil)
    #expect(counter.hasReading)
    #expect(counter.microjoules == 0)
    #expect(counter.read(200_000_042, at: 3 * second) == EnergyWindow(microjoules: 42, nanoseconds: 2 * second))
  }

  @Test(arguments: [package, memory])
  func wrapCountsOneStepMoreThanTheMaximum(range: CounterRange) {
    var counter = WrapSafeCounter(range: range)
    _ = counter.read(range.modulus - 1, at: 0)
    #expect(counter.read(0, at: second)?.microjoules == 1)
    #expect(counter.read(7, at: 2 * second)?.microjoules == 7)
    #expect(counter.microjoules == 8 && counter.errors == 0)
  }

  @Test func memoryThatWrapsBetweenEveryTwoReadingsIsCounted() {
    // 65.7 kJ less 1 J in 60 s: each reading is 1 J below the one before.
    var counter = WrapSafeCounter(range: Self.memory)
    let step = Self.memory.modulus - 1_000_000
    for turn in 0...1000 as ClosedRange<UInt64> {
      let reading = UInt64(UInt128(turn) * UInt128(step) % UInt128(Self.memory.modulus))
      let window = counter.read(reading, at: turn * 60 * second)
      if turn > 0 { #expect(window == EnergyWindow(microjoules: step, nanoseconds: 60 * second)) }
    }
    #expect(counter.microjoules == 1000 * step && counter.errors == 0)
  }

  @Test func missingRangeHoldsAStepBack() {
    var counter = WrapSafeCounter(range: nil)
    _ = counter.read(1000, at: 0)
    #expect(counter.read(400, at: second) == nil)
    #expect(counter.microjoules == 0 && counter.errors == 1)
    // It goes on from the low value: a reset.
    #expect(counter.read(450, at: 3 * second) == EnergyWindow(microjoules: 50, nanoseconds: 2 * second))
    #expect(counter.microjoules == 50 && counter.errors == 1)
  }

  @Test func oneLowReadingInventsNothing() {
    var counter = WrapSafeCounter(range: nil)
    _ = counter.read(1_000_000, at: 0)
    #expect(counter.read(3, at: second) == nil)
    #expect(counter.read(1_000_010, at: 2 * second) == EnergyWindow(microjoules: 10, nanoseconds: 2 * second))
    #expect(counter.microjoules == 10 && counter.errors == 1)
  }

  @Test func counterThatFallsAtEveryReadingStaysWhereItIs() {
    var counter = WrapSafeCounter(range: nil)
    for step in 0...10 as ClosedRange<UInt64> { #expect(counter.read(1000 - step, at: step * second) == nil) }
    #expect(counter.microjoules == 0 && counter.errors == 10)
  }

  @Test func resetIsNoWrapWhereTheEnergyIsImpossible() {
    // Resume from suspend: 0 a second later. As a wrap this would be 260 kJ.
    var counter = WrapSafeCounter(range: Self.package)
    _ = counter.read(2_000_000_000, at: 0)
    #expect(counter.read(0, at: second) == nil)
    #expect(counter.read(90_000_000, at: 2 * second)?.watts == 90)
    #expect(counter.microjoules == 90_000_000 && counter.errors == 1)
  }

  @Test func failedReadingLeavesTheWindowOpen() {
    var counter = WrapSafeCounter(range: Self.package)
    _ = counter.read(100, at: 0)
    counter.fail()
    counter.fail()
    #expect(counter.microjoules == 0 && counter.errors == 2)
    #expect(counter.read(700, at: 3 * second) == EnergyWindow(microjoules: 600, nanoseconds: 3 * second))
  }

  @Test func wrapDuringAFailureIsCounted() {
    var counter = WrapSafeCounter(range: Self.package)
    _ = counter.read(Self.package.modulus - 100, at: 0)
    counter.fail()
    #expect(counter.read(50, at: 2 * second)?.microjoules == 150)
  }

  @Test func vanishedCounterCountsFromALowerValue() {
    var counter = WrapSafeCounter(range: Self.package)
    _ = counter.read(Self.package.modulus - 100, at: 0)
    counter.vanish()
    // Near enough to be taken for a wrap, had it not been gone.
    #expect(counter.read(50, at: second) == nil)
    #expect(counter.microjoules == 0 && counter.errors == 1)
    #expect(counter.read(60, at: 2 * second) == EnergyWindow(microjoules: 10, nanoseconds: second))
    // Wraps count again.
    _ = counter.read(Self.package.modulus - 1, at: 1000 * second)
    #expect(counter.read(1, at: 1001 * second)?.microjoules == 2)
  }

  @Test func vanishedCounterCountsTheGapToAHigherValue() {
    var counter = WrapSafeCounter(range: Self.package)
    _ = counter.read(100, at: 0)
    counter.vanish()
    #expect(counter.read(700, at: 5 * second) == EnergyWindow(microjoules: 600, nanoseconds: 5 * second))
  }

  @Test func impossibleReadingIsAnErrorAndNoBase() {
    var counter = WrapSafeCounter(range: Self.package)
    #expect(counter.read(.max, at: 0) == nil)
    #expect(!counter.hasReading)
    _ = counter.read(10, at: second)
    #expect(counter.read(Self.package.modulus, at: 2 * second) == nil)
    #expect(counter.read(30, at: 3 * second) == EnergyWindow(microjoules: 20, nanoseconds: 2 * second))
    #expect(counter.errors == 2)
  }

  @Test func readingsAtOneMomentMakeNoWindowAndLoseNothing() {
    var counter = WrapSafeCounter(range: Self.package)
    _ = counter.read(10, at: second)
    #expect(counter.read(30, at: second) == nil)
    #expect(counter.read(31, at: second / 2) == nil)
    #expect(counter.microjoules == 21)
  }
}

/// Counters of which nobody tells the range.
@Suite struct NarrowCounterTests {
  static let turn: UInt64 = 1 << 32

  @Test func turnIsFollowedOnceItsPowerIsKnown() {
    var counter = WrapSafeCounter(range: nil, mayBeNarrow: true)
    _ = counter.read(Self.turn - 300_000_000, at: 0)
    _ = counter.read(Self.turn - 100_000_000, at: second)
    #expect(counter.read(100_000_000, at: 2 * second) == EnergyWindow(microjoules: 200_000_000, nanoseconds: second))
    #expect(counter.microjoules == 400_000_000 && counter.errors == 0)
  }

  @Test(
    arguments: [
      // At rest so far, from far below the end, to far above the start, too much at once.
      (1, 1, 100_000_000), (300_000_000, 2_000_000_000, 100_000_000), (300_000_000, 100_000_000, 2_000_000_000),
      (10_000_000, 100_000_000, 100_000_000),
    ] as [(UInt64, UInt64, UInt64)])
  func whatDoesNotLookLikeATurnIsHeld(step: UInt64, below: UInt64, above: UInt64) {
    var counter = WrapSafeCounter(range: nil, mayBeNarrow: true)
    _ = counter.read(Self.turn - below - step, at: 0)
    _ = counter.read(Self.turn - below, at: second)
    #expect(counter.read(above, at: 2 * second) == nil)
    #expect(counter.microjoules == step && counter.errors == 1)
  }

  @Test func wideCounterNeverTurns() {
    var counter = WrapSafeCounter(range: nil, mayBeNarrow: true)
    #expect(counter.longestPeriod == 536_870_912)
    _ = counter.read(Self.turn + 100, at: 0)
    #expect(counter.longestPeriod == .max)
    _ = counter.read(Self.turn + 500_000_000, at: second)
    #expect(counter.read(100_000_000, at: 2 * second) == nil)
    #expect(counter.errors == 1)
  }

  @Test func rangeThatIsToldGoesBeforeAnyGuess() {
    #expect(
      WrapSafeCounter(range: WrapSafeCounterTests.package, mayBeNarrow: true).longestPeriod
        == WrapSafeCounterTests.package.longestPeriod(watts: WrapSafeCounter.fullPowerWatts))
    #expect(WrapSafeCounter(range: nil).longestPeriod == .max)
  }
}

/// A register that turns under the counter, with everything that may go wrong, against the true energy.
@Suite struct WrapSafeCounterPropertyTests {
  @Test(arguments: 0..<200 as Range<UInt64>)
  func sumIsTheTrueEnergyWhateverFails(seed: UInt64) {
    var generator = Generator(seed: seed)
    let range = CounterRange(modulus: UInt64.random(in: 2...70_000_000_000, using: &generator))
    var counter = WrapSafeCounter(range: range)
    let start = UInt64.random(in: 0..<range.modulus, using: &generator)
    var truth: UInt64 = 0
    var now: UInt64 = 0
    var lastGood: UInt64 = 0
    var windows: UInt64 = 0
    var time: UInt64 = 0
    _ = counter.read(start, at: 0)
    for _ in 0..<50 {
      // Less than one turn since the last good reading, and no more than full power.
      let energy = UInt64.random(in: 0...(range.modulus - 1 - (truth - lastGood)), using: &generator)
      truth += energy
      now += energy / (WrapSafeCounter.fullPowerWatts / 1000) + UInt64.random(in: 1...second, using: &generator)
      if Int.random(in: 0..<4, using: &generator) == 0 {
        counter.fail()
        continue
      }
      let before = counter.microjoules
      let window = counter.read((start + truth) % range.modulus, at: now)
      lastGood = truth
      windows += window?.microjoules ?? 0
      time += window?.nanoseconds ?? 0
      #expect(counter.microjoules == truth)
      #expect(window?.microjoules == counter.microjoules - before)
    }
    #expect(windows == lastGood)
    #expect(time <= now)
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func garbageNeverFallsAndNeverOverflows(seed: UInt64) {
    var generator = Generator(seed: 1000 + seed)
    let range =
      Bool.random(using: &generator) ? CounterRange(modulus: .random(in: 1...(1 << 50), using: &generator)) : nil
    var counter = WrapSafeCounter(range: range)
    var now: UInt64 = 0
    var total: UInt64 = 0
    for _ in 0..<100 {
      now += UInt64.random(in: 0...(100 * second), using: &generator)
      switch Int.random(in: 0..<8, using: &generator) {
      case 0: counter.fail()
      case 1: counter.vanish()
      default: _ = counter.read(UInt64.random(in: 0...(1 << 50), using: &generator), at: now)
      }
      #expect(counter.microjoules >= total)
      total = counter.microjoules
    }
  }

  @Test(arguments: 0..<200 as Range<UInt64>)
  func resetsInventNoEnergy(seed: UInt64) {
    // The register starts at 0 anew at times, with and without a word of it.
    var generator = Generator(seed: 2000 + seed)
    var counter = WrapSafeCounter(range: WrapSafeCounterTests.package)
    var register: UInt64 = 0
    var truth: UInt64 = 0
    _ = counter.read(0, at: 0)
    for step in 1...300 as ClosedRange<UInt64> {
      let energy = UInt64.random(in: 0...500_000_000, using: &generator)
      if Int.random(in: 0..<20, using: &generator) == 0 {
        register = 0
        if Bool.random(using: &generator) { counter.vanish() }
      }
      register += energy
      truth += energy
      _ = counter.read(register, at: step * second)
      #expect(counter.microjoules <= truth)
    }
    #expect(counter.microjoules > truth / 2)
  }

  @Test func registerOfRealUnitsIsFollowedToAMicrojouleATurn() {
    // As the kernel shows it: whole microjoules of a 32-bit register in steps of 61035 nJ.
    var generator = Generator(seed: 7)
    var counter = WrapSafeCounter(range: WrapSafeCounterTests.package)
    var raw: UInt64 = 0
    var now: UInt64 = 0
    _ = counter.read(0, at: 0)
    for _ in 0..<2000 {
      raw += UInt64.random(in: 0...(1 << 31), using: &generator)
      now += 60 * second
      _ = counter.read((raw & 0xffff_ffff) * 61035 / 1000, at: now)
    }
    let truth = UInt64(UInt128(raw) * 61035 / 1000)
    #expect(counter.errors == 0)
    #expect(counter.microjoules <= truth)
    #expect(truth - counter.microjoules <= raw >> 32 + 1)
  }

  /// A quarter of a megajoule within a second, between two good readings.
  @Test func readingThatIsTooHighIsHeldAndTheNextOneTells() {
    var counter = WrapSafeCounter(range: CounterRange(maxEnergyRange: 262_143_328_850))
    _ = counter.read(50_000_000, at: 0)
    #expect(counter.read(60_000_000, at: second)?.microjoules == 10_000_000)
    #expect(counter.read(250_000_000_000, at: 2 * second) == nil)
    #expect(counter.errors == 1)
    #expect(counter.read(80_000_000, at: 3 * second)?.microjoules == 20_000_000)
    #expect(counter.microjoules == 30_000_000)
    #expect(counter.errors == 1)
  }

  /// A counter that was replaced by one that stands higher counts from there.
  @Test func counterThatStaysHighCountsFromThere() {
    var counter = WrapSafeCounter(range: nil)
    _ = counter.read(0, at: 0)
    #expect(counter.read(1 << 60, at: second) == nil)
    #expect(counter.read((1 << 60) + 5_000_000, at: 2 * second)?.microjoules == 5_000_000)
    #expect(counter.read((1 << 60) + 9_000_000, at: 3 * second)?.microjoules == 4_000_000)
    #expect(counter.microjoules == 9_000_000 && counter.errors == 1)
  }

  /// Whatever one reading becomes, the total is off by no more than a period's energy at the bound, and what is told of later
  /// windows is right.
  @Test(arguments: 0..<8 as Range<UInt64>)
  func oneBadReadingChangesNoTotalByMoreThanAPeriod(seed: UInt64) {
    var random = Generator(seed: seed)
    let modulus = CounterRange(maxEnergyRange: 262_143_328_850)!.modulus
    for _ in 0..<400 {
      let hasRange = random.chance(2)
      var counter = WrapSafeCounter(range: hasRange ? CounterRange(modulus: modulus) : nil, mostWatts: 4000)
      var register = random.below(modulus)
      var truth: UInt64 = 0
      let bad = 1 + random.below(18)
      _ = counter.read(register, at: 0)
      for period in 1...20 as ClosedRange<UInt64> {
        let energy = random.below(300_000_000)
        truth += energy
        register = hasRange ? (register + energy) % modulus : register + energy
        let garbage = [0, .max, 1 << 63, random.next(), register / 2, register &+ (1 << 40)].randomElement(
          using: &random)!
        _ = counter.read(period == bad ? garbage : register, at: period * second)
      }
      let difference = counter.microjoules > truth ? counter.microjoules - truth : truth - counter.microjoules
      // a period, and the slack that readings have
      #expect(difference <= 2 * 4000 * 1_000_000, "\(counter.microjoules) for \(truth), bad at \(bad)")
    }
  }

  @Test func totalNeverOverflows() {
    var counter = WrapSafeCounter(range: nil, mostWatts: .max)
    for (time, reading) in [0, UInt64.max, 5, .max - 1, 9, .max].enumerated() {
      _ = counter.read(reading, at: UInt64(time) * 400 * second)
    }
    #expect(counter.microjoules > 0)
  }
}
