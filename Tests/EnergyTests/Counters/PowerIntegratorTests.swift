import Fixtures
import Testing

@testable import Energy

@Suite struct PowerIntegratorTests {
  @Test func firstReadingIsTheBase() {
    var integrator = PowerIntegrator(rule: .trapezoid)
    #expect(integrator.add(microwatts: 1_000_000_000, at: 5 * second) == nil)
    #expect(integrator.microjoules == 0)
  }

  @Test(
    arguments: [(PowerIntegrator.Rule.trapezoid, 45_000_000), (.rectangle, 60_000_000)]
      as [(PowerIntegrator.Rule, UInt64)])
  func ruleTellsWhatStandsForTheTime(rule: PowerIntegrator.Rule, microjoules: UInt64) {
    var integrator = PowerIntegrator(rule: rule)
    _ = integrator.add(microwatts: 10_000_000, at: 0)
    _ = integrator.add(microwatts: 20_000_000, at: 3 * second)
    #expect(integrator.microjoules == microjoules)
  }

  @Test func timeNobodyWatchedCountsNothing() {
    var integrator = PowerIntegrator(rule: .trapezoid)
    _ = integrator.add(microwatts: 1_000_000, at: 0)
    #expect(integrator.add(microwatts: 1_000_000, at: PowerIntegrator.longestGap) == nil)
    #expect(integrator.microjoules == 300_000_000)
    #expect(integrator.add(microwatts: 1_000_000, at: 3 * PowerIntegrator.longestGap) == 2 * PowerIntegrator.longestGap)
    #expect(integrator.microjoules == 300_000_000)
    _ = integrator.add(microwatts: 1_000_000, at: 3 * PowerIntegrator.longestGap + second)
    #expect(integrator.microjoules == 301_000_000)
  }

  @Test func clockThatStepsBackInventsNothing() {
    var integrator = PowerIntegrator(rule: .trapezoid)
    _ = integrator.add(microwatts: 1_000_000, at: 10 * second)
    _ = integrator.add(microwatts: 1_000_000, at: 4 * second)
    _ = integrator.add(microwatts: 1_000_000, at: 4 * second)
    _ = integrator.add(microwatts: 1_000_000, at: 11 * second)
    #expect(integrator.microjoules == 1_000_000)
  }

  @Test func pausedTimeCountsNothing() {
    var integrator = PowerIntegrator(rule: .trapezoid)
    _ = integrator.add(microwatts: 1_000_000, at: 0)
    integrator.pause()
    _ = integrator.add(microwatts: 1_000_000, at: 100 * second)
    _ = integrator.add(microwatts: 1_000_000, at: 101 * second)
    #expect(integrator.microjoules == 1_000_000)
  }

  @Test func highestPowersDoNotOverflow() {
    var integrator = PowerIntegrator(rule: .trapezoid)
    for step in 0...20_000 as ClosedRange<UInt64> { _ = integrator.add(microwatts: .max, at: step * 300 * second) }
    #expect(integrator.microjoules == .max)
  }

  /// A constant power gives the same joules whatever the moments it is read at.
  @Test(arguments: 0..<100 as Range<UInt64>)
  func momentsOfReadingDoNotMatter(seed: UInt64) {
    var generator = Generator(seed: seed)
    let power = UInt64.random(in: 0...1_000_000_000, using: &generator)
    var integrator = PowerIntegrator(rule: Bool.random(using: &generator) ? .trapezoid : .rectangle)
    var now: UInt64 = 0
    _ = integrator.add(microwatts: power, at: 0)
    for _ in 0..<200 {
      now += UInt64.random(in: 1...(10 * second), using: &generator)
      _ = integrator.add(microwatts: power, at: now)
    }
    #expect(integrator.microjoules == UInt64(UInt128(power) * UInt128(now) / 1_000_000_000))
  }
}
