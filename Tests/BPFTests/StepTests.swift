import BPFPrograms
import Foundation
import Testing

/// The detector of load steps, fed with made-up loads whose signal follows in closed form.
@Suite struct StepTests {
  private static let slot = 33_554_432.0
  private static let timeConstant = slot / log(2)

  /// A load given as duties that each last for so many slots; its signal has `pace` of PELT's speed and `reach` of the duty.
  private struct Scene {
    var detector = StepDetector()
    var value = 0.0
    var pace = 1.0
    var reach = 1.0
    private(set) var results: [StepResult] = []

    mutating func play(_ duty: Double, slots: Double) {
      for _ in 0..<Int(slots) { add(duty, ns: StepTests.slot) }
    }

    /// A slot of which `late` is over as the load changes from `old` to `new`.
    mutating func change(from old: Double, to new: Double, late: Double) {
      let before = advance(old, ns: StepTests.slot * late)
      let after = advance(new, ns: StepTests.slot * (1 - late))
      let ran = StepTests.slot * (old * late + new * (1 - late))
      feed(ns: StepTests.slot, ran: ran, area: before + after)
    }

    mutating func add(_ duty: Double, ns: Double) { feed(ns: ns, ran: duty * ns, area: advance(duty, ns: ns)) }

    private mutating func feed(ns: Double, ran: Double, area: Double) {
      let result = step_slot(&detector, UInt64(ns), UInt64(ran), UInt64(area))
      if result.outcome != STEP_NOTHING.rawValue { results.append(result) }
    }

    /// The area under the signal meanwhile.
    private mutating func advance(_ duty: Double, ns: Double) -> Double {
      let target = duty * reach
      let end = target + (value - target) * exp(-ns * pace / StepTests.timeConstant)
      defer { value = end }
      return target * ns + (value - end) * StepTests.timeConstant / pace
    }
  }

  /// A tenth of the way is left after log2(10) half-lives, whatever the levels are and wherever in a slot the step is.
  @Test(arguments: [(0.1, 0.8), (0.8, 0.1), (0.0, 0.3), (1.0, 0.5)], [0, 0.3, 0.7, 1])
  func stepIsFollowedAsFastAsPELTDoes(levels: (old: Double, new: Double), late: Double) throws {
    var scene = Scene()
    scene.play(levels.old, slots: 40)
    scene.change(from: levels.old, to: levels.new, late: late)
    scene.play(levels.new, slots: 40)
    let result = try #require(scene.results.first)
    #expect(scene.results.count == 1)
    #expect(result.outcome == STEP_CONVERGED.rawValue)
    #expect(result.step == (levels.new > levels.old ? LOAD_STEP_UP : LOAD_STEP_DOWN).rawValue)
    let expected = log2(10) * Self.slot
    // found by whole slots, and one may begin before the step is large enough to be seen
    #expect(abs(Double(result.ns) - expected) < 1.5 * Self.slot, "\(Double(result.ns) / 1e6) ms")
  }

  @Test func signalThatIsSlowerTakesLonger() throws {
    var times: [Double] = []
    for pace in [1.0, 0.5, 0.25] {
      var scene = Scene(pace: pace)
      scene.play(0.1, slots: 100)
      scene.play(0.8, slots: 60)
      times.append(Double(try #require(scene.results.first).ns))
    }
    #expect(times[1] / times[0] > 1.5 && times[1] / times[0] < 2.5)
    #expect(times[2] / times[1] > 1.5 && times[2] / times[1] < 2.5)
  }

  @Test func signalThatNeverGetsThereIsUnconverged() {
    var scene = Scene(reach: 0.6)
    scene.play(0.1, slots: 40)
    scene.play(0.8, slots: 60)
    #expect(scene.results.map(\.outcome) == [STEP_UNCONVERGED.rawValue])
    #expect(scene.results.map(\.step) == [LOAD_STEP_UP.rawValue])
  }

  @Test func loadThatChangesBeforeIsUnconverged() {
    var scene = Scene(pace: 0.25)
    scene.play(0.1, slots: 100)
    scene.play(0.8, slots: 7)
    scene.play(0.3, slots: 20)
    #expect(scene.results.map(\.outcome) == [STEP_UNCONVERGED.rawValue])
  }

  /// A burst, a load that is never level, a drift and a long sleep are no steps.
  @Test func whatIsNoStepIsNotCounted() {
    var burst = Scene()
    burst.play(0.1, slots: 40)
    burst.play(0.9, slots: 2)
    burst.play(0.1, slots: 40)
    #expect(burst.results.isEmpty)

    var restless = Scene()
    for index in 0..<200 { restless.play(index % 2 == 0 ? 0.1 : 0.9, slots: 3) }
    #expect(restless.results.isEmpty)

    var drift = Scene()
    for index in 0..<300 { drift.play(Double(index) / 300, slots: 1) }
    #expect(drift.results.isEmpty)

    var sleep = Scene()
    sleep.play(0.8, slots: 40)
    sleep.add(0, ns: 9 * Self.slot)
    sleep.play(0, slots: 7)
    #expect(sleep.results.isEmpty)
  }
}
