import Exposition
import Fixtures
import Testing

@testable import Readings

/// What is read from collectors and what is read from the text that they become is one.
@Suite struct RoundTripTests {
  @Test(arguments: TextFormat.allCases) func textSaysWhatTheSnapshotDoes(format: TextFormat) throws {
    var compared = 0
    for seed in 0..<300 as Range<UInt64> {
      let snapshot = RandomSnapshot(seed: seed).snapshot
      let direct = Reading([snapshot], time: 1)
      let read = try Reading(snapshot.text(format), format: format, time: 1)
      #expect(Set(direct.families.keys) == Set(read.families.keys), "seed \(seed)")
      for (name, family) in direct.families {
        let other = try #require(read.families[name])
        #expect(other.accumulates == family.accumulates, "\(name), seed \(seed)")
        #expect(Set(other.series.keys) == Set(family.series.keys), "\(name), seed \(seed)")
        for (labels, value) in family.series {
          #expect(Self.isSame(value, other.series[labels]), "\(name) \(labels), seed \(seed)")
          compared += 1
        }
      }
    }
    #expect(compared > 1000)
  }

  @Test func whenSeriesBeganIsNoSampleOfTheirs() throws {
    let clock = SeriesClock(monotonic: 5, realtime: 1_700_000_000_000_000_000)
    var writer = SampleWriter(Snapshot(clock: clock))
    writer.begin(Family("made", .counter, labels: ["device"], help: "Made."))
    writer.label("device", "a")
    writer.unsigned(3)
    let text = writer.finish().bytes(.openMetrics, created: true)
    #expect(String(decoding: text, as: UTF8.self).contains("wattprobe_made_created{"))
    let reading = try Reading(text, format: .openMetrics, time: 0)
    #expect(reading.families.keys.sorted() == ["wattprobe_made"])
    #expect(reading.numbers("wattprobe_made") == [Labels([("device", "a")]): Number(3)])
  }

  @Test func familiesThatNobodyWantsAreLeftOut() throws {
    let snapshot = RandomSnapshot(seed: 9).snapshot
    let all = Reading([snapshot], time: 0)
    let name = try #require(all.families.keys.sorted().first)
    for reading in [
      Reading([snapshot], keeping: [name], time: 0),
      try Reading(snapshot.text(.openMetrics), format: .openMetrics, keeping: [name], time: 0),
    ] {
      #expect(Array(reading.families.keys) == [name])
    }
  }

  private static func isSame(_ one: Reading.Value, _ other: Reading.Value?) -> Bool {
    switch (one, other) {
    case (.histogram, _): one == other
    case (.number(let one), .number(let other)): one == other || isSame(one.double, other.double)
    default: false
    }
  }

  private static func isSame(_ one: Double, _ other: Double) -> Bool {
    one == other || one.isNaN && other.isNaN || abs(one - other) <= one.ulp
  }
}
