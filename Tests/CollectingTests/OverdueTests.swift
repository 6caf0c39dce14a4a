import Exposition
import Synchronization
import Testing

@testable import Collecting

/// What others see of a collector that takes its time.
@Suite struct OverdueTests {
  private static let second: UInt64 = 1_000_000_000

  /// Calls `look` while `name` is collected, or sampled, after it has taken so long.
  private func look(
    _ scene: Scene, _ name: String, after seconds: UInt64, _ look: @escaping @Sendable () -> Void
  ) {
    let hasLooked = Mutex(false)
    scene[name].takes = seconds * Self.second
    scene[name].meanwhile.withLock {
      $0 = {
        let isFirst = hasLooked.withLock { looked in
          defer { looked = true }
          return !looked
        }
        if isFirst { look() }
      }
    }
  }

  @Test func aPartialScrapeHasAllButWhatItWaitsFor() throws {
    let scene = Scene([.init("one"), .init("two"), .init("three")])
    let set = scene.start(enabled: ["one", "two", "three"])
    let seen = Mutex<[String]?>(nil)
    let other = Mutex<Bool?>(nil)
    look(scene, "two", after: 9) {
      seen.withLock { $0 = set.partial(of: CollectorSelection())?.texts }
      other.withLock { $0 = set.partial(of: CollectorSelection(collect: ["one"])) != nil }
    }
    let whole = set.collect(CollectorSelection()).texts
    let partial = try #require(seen.withLock { $0 })
    #expect(
      partial == [
        "one 1", #"collector_up{collector="one",reason=""} 1"#, #"collector_up{collector="two",reason="slow"} 0"#,
        #"collector_up{collector="three",reason=""} 1"#, #"scrape_collector_duration_seconds{collector="one"} 0"#,
        #"scrape_collector_success{collector="one"} 1"#,
      ])
    #expect(other.withLock { $0 } == false, "a part of another selection")
    // it came back: what it read is there, and it is told once
    #expect(whole.contains("two 1"))
    #expect(whole.contains(#"collector_up{collector="two",reason=""} 1"#))
    #expect(set.states.allSatisfy { $0.failure == nil })
    #expect(scene.events().suffix(2) == ["failed two slow", "recovered two"])
    #expect(set.partial(of: CollectorSelection()) == nil, "a collection that has ended")
  }

  @Test func whatIsSlowComesLastTheNextTime() {
    let scene = Scene([.init("one"), .init("two"), .init("three")])
    let set = scene.start(enabled: ["one", "two", "three"])
    func order() -> [String] { set.collect(CollectorSelection()).texts.filter { !$0.contains("{") } }
    scene["one"].takes = 2 * Self.second
    #expect(order() == ["one 1", "two 1", "three 1"])
    #expect(order() == ["two 1", "three 1", "one 1"])
    scene["one"].takes = 0
    #expect(order() == ["two 1", "three 1", "one 1"])
    #expect(order() == ["one 1", "two 1", "three 1"])
  }

  @Test func whatIsStuckIsNamed() {
    let scene = Scene([.init("one"), .init("two", interval: 100)])
    let set = scene.start(enabled: ["one", "two"])
    let hangs = Mutex<[Hang?]>([])
    let reason = Mutex<StaticReason?>(nil)
    look(scene, "one", after: 14) { hangs.withLock { $0.append(set.hang) } }
    _ = set.collect(CollectorSelection())
    look(scene, "one", after: 16) {
      hangs.withLock { $0.append(set.hang) }
      reason.withLock { $0 = set.states[0].failure?.reason }
    }
    _ = set.collect(CollectorSelection())
    #expect(hangs.withLock { $0 } == [nil, Hang(collector: "one", seconds: 16)])
    #expect(reason.withLock { $0 } == .slow)
    #expect(set.hang == nil)
    #expect(set.states[0].failure == nil)
    // a sampling, too
    look(scene, "two", after: 0) {
      scene.clock.withLock { $0 += 20 * Self.second }
      hangs.withLock { $0 = [set.hang] }
    }
    _ = set.sampleDue()
    #expect(hangs.withLock { $0 } == [Hang(collector: "two", seconds: 20)])
    #expect(set.hang == nil)
  }
}
