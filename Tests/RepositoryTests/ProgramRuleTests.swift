import Testing

/// The rules of the eBPF programs' sources.
@Suite struct ProgramRuleTests {
  /// The two stamps of a time may be of two CPUs, whose clocks may differ. A time of less than nothing would be the longest of
  /// all in a histogram, and make its sum fall: `elapsed()` and its like, in `kernel.h`, see to that.
  @Test func timesAreNeverNegative() throws {
    let sources = try Repository.files(in: "bpf", "c") + Repository.files(in: "bpf", "h")
    #expect(sources.count > 30)
    for file in sources where file != "bpf/kernel.h" {
      let text = try Repository.text(file)
      for match in text.matches(
        of: /ktime_get_\w+\(\)\s*-|histogram_add(?:_atomic)?\([^;]*[\w)]\s+-\s[^;]*;|\(__s64\)\w+ < 0/)
      {
        Issue.record("\(file): \(match.0)")
      }
    }
  }
}
