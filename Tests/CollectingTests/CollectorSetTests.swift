import Exposition
import Synchronization
import Testing

@testable import Collecting

/// Each collector stands or falls alone.
@Suite struct CollectorSetTests {
  @Test func allThatCanStartRunAndTheRestSayWhyNot() {
    let scene = Scene([
      .init("good"), .init("off"), .init("bad", start: .permission), .init("gone", start: .absent),
    ])
    let set = scene.start(enabled: ["good", "bad", "gone"])
    #expect(set.runningCount == 1)
    #expect(set.states.map(\.name) == ["good", "off", "bad", "gone"])
    #expect(set.states.map { $0.failure?.reason } == [nil, .disabled, .permission, .absent])
    #expect(scene.events() == ["started good", "unavailable bad permission", "unavailable gone absent"])
    let shown = set.collect(CollectorSelection()).texts
    for line in [
      #"collector_up{collector="good",reason=""} 1"#, #"collector_up{collector="off",reason="disabled"} 0"#,
      #"collector_up{collector="bad",reason="permission"} 0"#, #"collector_up{collector="gone",reason="absent"} 0"#,
    ] { #expect(shown.contains(line)) }
    #expect(!shown.contains { $0.hasPrefix("scrape_collector_success") && !$0.contains("good") })
  }

  /// One that takes what others have is made and collected after them, and one that is off is not waited for.
  @Test func collectorsComeAfterThoseTheyAskFor() {
    let scene = Scene([
      .init("first", after: ["last", "off", "nobody"]), .init("off"), .init("circle", after: ["round"]),
      .init("round", after: ["circle"]), .init("last"),
    ])
    let set = scene.start(enabled: ["first", "circle", "round", "last"])
    #expect(scene.events() == ["started last", "started first", "started round", "started circle"])
    let shown = set.collect(CollectorSelection()).texts.filter { $0.hasSuffix(" 1") && !$0.contains("{") }
    #expect(shown == ["last 1", "first 1", "round 1", "circle 1"])
    // listed as they were
    #expect(set.states.map(\.name) == ["first", "off", "circle", "round", "last"])
  }

  @Test func whatAFailingCollectorWroteIsTakenBackAndOthersGoOn() {
    let scene = Scene([.init("one"), .init("two"), .init("three")])
    let set = scene.start(enabled: ["one", "two", "three"])
    scene["two"].failing.withLock { $0 = .read }
    let shown = set.collect(CollectorSelection()).texts
    #expect(shown.contains("one 1"))
    #expect(shown.contains("three 1"))
    #expect(!shown.contains { $0.hasPrefix("two") })
    #expect(shown.contains(#"scrape_collector_success{collector="two"} 0"#))
    #expect(shown.contains(#"scrape_collector_success{collector="three"} 1"#))
    #expect(shown.contains(#"collector_up{collector="two",reason="read"} 0"#))
    #expect(set.states.map { $0.failure?.reason } == [nil, .read, nil])
    // it goes on to be read
    scene["two"].failing.withLock { $0 = nil }
    #expect(set.collect(CollectorSelection()).texts.contains(#"collector_up{collector="two",reason=""} 1"#))
    #expect(set.states.map { $0.failure?.reason } == [nil, nil, nil])
  }

  /// A sensor that does not count: the collector goes on looking, and everybody is told what the scrape says.
  @Test func collectorWithNothingToShowIsDownUntilItHas() {
    let scene = Scene([.init("one", interval: 100), .init("two")])
    scene["one"].unavailable.withLock { $0 = .absent }
    let set = scene.start(enabled: ["one", "two"])
    #expect(set.runningCount == 2)
    #expect(set.states.map { $0.failure?.reason } == [.absent, nil])
    #expect(set.collect(CollectorSelection()).texts.contains(#"collector_up{collector="one",reason="absent"} 0"#))
    // it is sampled all the same, and what that finds is known before the next scrape
    scene["one"].unavailable.withLock { $0 = nil }
    scene.clock.withLock { $0 = 1000 }
    _ = set.sampleDue()
    #expect(set.states.map { $0.failure?.reason } == [nil, nil])
    #expect(set.collect(CollectorSelection()).texts.contains(#"collector_up{collector="one",reason=""} 1"#))
    // one that is only scraped, too
    scene["two"].unavailable.withLock { $0 = .read }
    let shown = set.collect(CollectorSelection()).texts
    #expect(shown.contains(#"collector_up{collector="two",reason="read"} 0"#))
    #expect(shown.contains(#"scrape_collector_success{collector="two"} 1"#))
    _ = set.collect(CollectorSelection())
    #expect(
      scene.events() == [
        "started one", "unavailable one absent", "started two", "available one", "withdrawn two read",
      ])
  }

  @Test func failureAndRecoveryAreToldOnceEach() {
    let scene = Scene([.init("one")])
    let set = scene.start(enabled: ["one"])
    for failing in [nil, .read, .read, nil, nil, .read] as [StaticReason?] {
      scene["one"].failing.withLock { $0 = failing }
      _ = set.collect(CollectorSelection())
    }
    #expect(scene.events() == ["started one", "failed one read", "recovered one", "failed one read"])
  }

  /// Why it cannot be read comes before why it had nothing to show, and that comes back.
  @Test func failureHidesUnavailabilityForItsTime() {
    let scene = Scene([.init("one")])
    let set = scene.start(enabled: ["one"])
    for (failing, unavailable, shown) in [
      (nil, .absent, .absent), (.read, .absent, .read), (.read, nil, .read), (.read, .absent, .read),
      (nil, .absent, .absent),
      (nil, nil, nil),
    ] as [(StaticReason?, StaticReason?, StaticReason?)] {
      scene["one"].failing.withLock { $0 = failing }
      scene["one"].unavailable.withLock { $0 = unavailable }
      _ = set.collect(CollectorSelection())
      #expect(set.states[0].failure?.reason == shown)
    }
  }

  @Test(
    arguments: [
      (["a"], [], ["a"]), ([], ["a"], ["b", "c"]), (["a", "b"], ["b"], ["a"]), ([], [], ["a", "b", "c"]),
      (["c"], ["c"], []),
    ] as [([String], [String], [String])])
  func selectionIsCollectedAndNothingElse(collect: [String], exclude: [String], expected: [String]) {
    let scene = Scene([.init("a"), .init("b"), .init("c")])
    let set = scene.start(enabled: ["a", "b", "c"])
    let shown = set.collect(CollectorSelection(collect: Set(collect), exclude: Set(exclude))).texts
    for name in ["a", "b", "c"] {
      let count = scene[name].collections.withLock { $0 }
      #expect(count == (expected.contains(name) ? 1 : 0), "\(name)")
      #expect(shown.contains("\(name) 1") == expected.contains(name), "\(name)")
      #expect(
        shown.contains { $0.hasPrefix(#"collector_up{collector="\#(name)""#) } == expected.contains(name), "\(name)")
    }
  }

  @Test func samplingKeepsItsMeanPeriodAndMakesUpForNoPause() {
    let scene = Scene([.init("slow", interval: 100), .init("fast", interval: 30), .init("never")])
    let set = scene.start(enabled: ["slow", "fast", "never"])
    scene.clock.withLock { $0 = 1000 }
    #expect(set.sampleDue() == 1030)
    #expect(scene["slow"].samples.withLock { $0 } == [1000])
    // a little late: the next is due as if it had been on time
    scene.clock.withLock { $0 = 1034 }
    #expect(set.sampleDue() == 1060)
    #expect(scene["fast"].samples.withLock { $0 } == [1000, 1034])
    // not due yet
    scene.clock.withLock { $0 = 1059 }
    #expect(set.sampleDue() == 1060)
    // after a long pause one sample, not a burst
    scene.clock.withLock { $0 = 5000 }
    #expect(set.sampleDue() == 5030)
    #expect(set.sampleDue() == 5030)
    #expect(scene["fast"].samples.withLock { $0 } == [1000, 1034, 5000])
    #expect(scene["slow"].samples.withLock { $0 } == [1000, 5000])
    #expect(scene["never"].samples.withLock { $0 } == [])
  }

  @Test func nothingToSampleIsNeverDue() {
    #expect(Scene([.init("a")]).start(enabled: ["a"]).sampleDue() == nil)
  }

  @Test func durationIsTheTimeEachCollectorTook() {
    let scene = Scene([.init("a"), .init("b")])
    scene["b"].takes = 1_500_000_000
    let set = scene.start(enabled: ["a", "b"])
    let shown = set.collect(CollectorSelection()).texts
    #expect(shown.contains(#"scrape_collector_duration_seconds{collector="a"} 0"#))
    #expect(shown.contains(#"scrape_collector_duration_seconds{collector="b"} 1500000000"#))
  }

  @Test func familiesOfTheProgramAreInEveryScrape() {
    let scene = Scene([.init("a")])
    let program = Scene.Fake("program", interval: 10)
    let set = scene.start(enabled: ["a"], program: program)
    #expect(set.collect(CollectorSelection(exclude: ["a"])).texts.contains("program 1"))
    // sampled like the others
    #expect(set.sampleDue() == 10)
    // its failure is nobody else's
    program.failing.withLock { $0 = .read }
    let shown = set.collect(CollectorSelection()).texts
    #expect(shown.contains("a 1") && !shown.contains { $0.hasPrefix("program") })
  }

  @Test func stoppedSetLetsItsCollectorsGo() {
    let scene = Scene([.init("a")])
    let set = scene.start(enabled: ["a"])
    #expect(set.isReady)
    #expect(set.stop())
    #expect(!set.isReady)
    #expect(set.runningCount == 0)
    #expect(!set.collect(CollectorSelection()).texts.contains("a 1"))
    #expect(set.sampleDue() == nil)
  }
}
