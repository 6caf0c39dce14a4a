import Testing

@testable import TerminalView

@Suite struct QuantityTests {
  @Test(
    arguments: [
      (0, "0.000"), (0.0341, "0.034"), (7.6667, "7.667"), (9.9996, "10.00"), (12.345, "12.35"), (345.61, "345.6"),
      (999.96, "1.00k"), (12_345, "12.3k"), (.infinity, "?"), (.nan, "?"), (-1.5, "-1.500"),
    ] as [(Double, String)])
  func watts(value: Double, text: String) { #expect(Quantity.watts(value) == text) }

  @Test(
    arguments: [(0, "0.0"), (0.003, "0.3"), (0.875, "87.5"), (12.34, "1234"), (1e4, "1.00M"), (.nan, "?")]
      as [(Double, String)])
  func percent(value: Double, text: String) { #expect(Quantity.percent(value) == text) }

  @Test(
    arguments: [
      (0, "0"), (0.5, "0.5"), (12.34, "12.3"), (99.96, "100"), (4567, "4567"), (12_345, "12.3k"), (3e9, "3.00G"),
    ] as [(Double, String)])
  func count(value: Double, text: String) { #expect(Quantity.count(value) == text) }

  @Test(
    arguments: [(0, "0"), (999, "999"), (1024, "1.00K"), (12_902_400, "12.3M"), (1e18, "888P"), (1e30, "?")]
      as [(Double, String)])
  func bytes(value: Double, text: String) { #expect(Quantity.bytes(value) == text) }

  @Test(
    arguments: [
      (0, "0"), (850e-9, "850ns"), (12.3e-6, "12.3us"), (4.56e-3, "4.56ms"), (1.2, "1.20s"), (.infinity, "?"),
    ] as [(Double, String)])
  func time(value: Double, text: String) { #expect(Quantity.time(value) == text) }

  @Test func nothingIsWiderThanItsColumn() {
    for exponent in -12...15 {
      for mantissa in [1, 1.2345, 5.5, 9.994, 9.996, 9.9999] {
        let value = mantissa * (0..<abs(exponent)).reduce(1.0) { power, _ in exponent < 0 ? power / 10 : power * 10 }
        #expect(Quantity.watts(value).count <= 6, "\(value)")
        #expect(Quantity.percent(value).count <= 5, "\(value)")
        #expect(Quantity.count(value).count <= 5, "\(value)")
        #expect(Quantity.bytes(value).count <= 5, "\(value)")
      }
    }
  }
}
