import Fixtures
import Exposition
import Testing

@Suite struct FamilyRulesTests {
  @Test(arguments: [
    Family("cpu_seconds", .counter, unit: "seconds", labels: ["cpu", "mode"], help: "Time by mode."),
    Family("wakeups", .counter, help: "Wakeups."), Family("build", .info, labels: ["version"], help: "The build."),
    Family("rtt_seconds", .histogram, unit: "seconds", help: "Round trips."),
    Family(unprefixed: "process_open_fds", .gauge, help: "Open files."),
    Family("load_error_ratio", .gauge, unit: "ratio", help: "Error."),
    Family(unprefixed: "scaph_host_energy_microjoules", .unknown, help: "Another exporter's."),
  ])
  func `well-formed families have no problems`(family: Family) { #expect(family.problems() == []) }

  @Test(arguments: [
    (Family("wakeups_total", .counter, help: "X."), "ends in _total, which is left to the encoder"),
    (Family("build_info", .info, help: "X."), "ends in _info, which is left to the encoder"),
    (Family("x_bucket", .gauge, help: "X."), "ends in _bucket, which is left to the encoder"),
    (Family("x_count", .gauge, help: "X."), "ends in _count, which is left to the encoder"),
    (Family("x_created", .gauge, help: "X."), "ends in _created, which is left to the encoder"),
    (Family("CPU", .gauge, help: "X."), "is not snake_case of a-z and 0-9"),
    (Family("a:b", .gauge, help: "X."), "is not snake_case of a-z and 0-9"),
    (Family("a__b", .gauge, help: "X."), "is not snake_case of a-z and 0-9"),
    (Family("a_", .gauge, help: "X."), "is not snake_case of a-z and 0-9"),
    (Family(unprefixed: "1a", .gauge, help: "X."), "is not snake_case of a-z and 0-9"),
    (Family(unprefixed: "", .gauge, help: "X."), "is not snake_case of a-z and 0-9"),
    (Family("x_seconds", .gauge, help: "X."), "ends in seconds but has no unit"),
    (Family("x_minutes", .gauge, unit: "minutes", help: "X."), "has the unit minutes, which is not a base unit"),
    (Family("x", .unknown, help: "X."), "is of unknown type, and our own"),
    (Family("x_bytes", .info, unit: "bytes", help: "X."), "is an info and has a unit"),
    (Family("x", .gauge, help: ""), "has no help"),
    (Family("x", .gauge, help: "No period"), "has a help text that does not end in a period"),
    (Family("x", .gauge, help: "Two\nlines."), "has a help text of more than one line"),
    (Family("x", .gauge, labels: ["le"], help: "X."), "has the reserved label le"),
    (Family("x", .gauge, labels: ["job"], help: "X."), "has the reserved label job"),
    (Family("x", .gauge, labels: ["__a"], help: "X."), "has the label __a, which is not snake_case of a-z and 0-9"),
    (Family("x", .gauge, labels: ["a-b"], help: "X."), "has the label a-b, which is not snake_case of a-z and 0-9"),
    (Family("x", .gauge, labels: ["a", "a"], help: "X."), "has a label twice"),
  ])
  func `a broken rule is named`(family: Family, problem: String) {
    #expect(family.problems() == ["\(family.name) \(problem)."])
  }

  @Test func `two families of one name are a problem`() {
    let family = Family("x", .gauge, help: "X.")
    #expect(Family.problems(in: [family]) == [])
    #expect(Family.problems(in: [family, family]) == ["wattprobe_x is there twice."])
  }
}
