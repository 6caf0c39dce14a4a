import Fixtures
import Exposition
import Foundation
import Testing

@Suite struct NumberTests {
  /// The value as a gauge's line has it.
  private func text(_ format: TextFormat = .prometheus, _ write: (inout SampleWriter) -> Void) -> String {
    var writer = SampleWriter()
    writer.begin(Family("x", .gauge, help: "X."))
    write(&writer)
    let lines = writer.finish().string(format).split(separator: "\n")
    return lines.first { !$0.hasPrefix("#") }.map { String($0.dropFirst("wattprobe_x ".count)) } ?? ""
  }

  @Test(
    arguments: [
      (0, "0"), (4_200_000_000, "4.2"), (17_000_000_000, "17"), (1, "0.000000001"), (999_999_999, "0.999999999"),
      (1_000_000_001, "1.000000001"), (100, "0.0000001"), (10_000_000_000_000_000_000, "10000000000"),
      (.max, "18446744073.709551615"),
    ] as [(UInt64, String)])
  func `nanoseconds are exact decimals of seconds`(value: UInt64, expected: String) {
    #expect(text { $0.nanoseconds(value) } == expected)
  }

  @Test(arguments: [(0, "0"), (5_500_000, "5.5"), (1, "0.000001"), (3_000_000, "3")] as [(UInt64, String)])
  func `micro units are exact decimals`(value: UInt64, expected: String) {
    #expect(text { $0.micro(value) } == expected)
  }

  @Test func `integers are exact to both ends of their range`() {
    #expect(text { $0.integer(.min) } == "-9223372036854775808")
    #expect(text { $0.integer(.max) } == "9223372036854775807")
    #expect(text { $0.unsigned(.max) } == "18446744073709551615")
    #expect(text { $0.unsigned(0) } == "0")
  }

  @Test(arguments: TextFormat.allCases)
  func `what is no number is spelled as the formats demand`(format: TextFormat) {
    #expect(text(format) { $0.double(.nan) } == "NaN")
    #expect(text(format) { $0.double(-.nan) } == "NaN")
    #expect(text(format) { $0.double(.infinity) } == "+Inf")
    #expect(text(format) { $0.double(-.infinity) } == "-Inf")
  }

  @Test(arguments: [(1, "1"), (-2.5, "-2.5"), (0.1, "0.1"), (1e100, "1e+100"), (0, "0")] as [(Double, String)])
  func `doubles are short`(value: Double, expected: String) {
    #expect(text { $0.double(value) } == expected)
  }

  @Test func `every double reads back as itself`() {
    var random = Generator(seed: 7)
    for _ in 0..<2_000 {
      let value = Double(bitPattern: random.next())
      guard !value.isNaN else { continue }
      #expect(Double(text { $0.double(value) }) == value)
    }
  }

  /// Go prints these with `strconv.FormatFloat(v, 'g', -1, 64)`, Python with `floatToGoString(v)`.
  @Test(arguments: [
    (-30, "9.313225746154785e-10", "9.313225746154785e-10"), (-20, "9.5367431640625e-07", "9.5367431640625e-07"),
    (-14, "6.103515625e-05", "6.103515625e-05"), (-13, "0.0001220703125", "0.0001220703125"), (-1, "0.5", "0.5"),
    (0, "1.0", "1"), (4, "16.0", "16"), (19, "524288.0", "524288"), (20, "1.048576e+06", "1.048576e+06"),
    (30, "1.073741824e+09", "1.073741824e+09"), (34, "1.7179869184e+10", "1.7179869184e+10"),
  ])
  func `bounds are spelled canonically`(exponent: Int, openMetrics: String, prometheus: String) {
    var writer = SampleWriter()
    writer.begin(Family("x", .histogram, help: "X."))
    writer.histogram(slots: [], sum: 0, layout: .init(lowest: exponent, highest: exponent))
    let snapshot = writer.finish()
    #expect(snapshot.string(.openMetrics).contains("\nwattprobe_x_bucket{le=\"\(openMetrics)\"} 0\n"))
    #expect(snapshot.string(.prometheus).contains("\nwattprobe_x_bucket{le=\"\(prometheus)\"} 0\n"))
  }

  @Test(arguments: TextFormat.allCases)
  func `every bound reads back as its power of two`(format: TextFormat) throws {
    var writer = SampleWriter()
    writer.begin(Family("x", .histogram, help: "X."))
    writer.histogram(slots: [1], sum: 1, layout: .init(lowest: -30, highest: 34))
    let samples = try TextReader(writer.finish().text(format)).samples.filter { $0.name.hasSuffix("_bucket") }
    let bounds = samples.map { $0.labels.last.flatMap { Double($0.value) } }
    #expect(bounds == (-30...34).map { exp2(Double($0)) } + [.infinity])
  }
}
