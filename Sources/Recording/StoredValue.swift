internal import Exposition

/// What stands in the column `value` of a recording.
///
/// Whole numbers are INTEGER, to be divided by 10 to the power of their series' `digits`, so that nanoseconds and microjoules
/// stay exact; all else is REAL as it is. TEXT is what neither can hold: whole numbers from 2^63 on, `NaN`, and histograms, as
/// a JSON array of the sum in nanoseconds, the number of the first slot that counts something, and what it and the slots after
/// it count.
enum StoredValue: Hashable {
  case integer(Int64)
  case real(Double)
  case text([UInt8])

  /// - Parameters:
  ///   - value: of a sample of `snapshot`.
  ///   - digits: those of its series.
  init(_ value: Snapshot.Value, of snapshot: borrowing Snapshot, digits: UInt8) {
    switch value {
    case .integer(let value) where digits == 0: self = .integer(value)
    case .unsigned(let value) where digits == 0: self = Self.whole(value)
    case .decimal(let value, let own) where own == digits: self = Self.whole(value)
    case .integer(let value): self = .real(Double(value))
    case .unsigned(let value): self = .real(Double(value))
    case .decimal(let value, let own): self = .real(Double(value) / Self.power(own))
    case .double(let value): self = value.isNaN ? .text(Array("NaN".utf8)) : .real(value)
    case .histogram(let histogram):
      self = .text(Self.json(snapshot.slots[histogram.slots], sum: histogram.sum))
    }
  }

  private static func whole(_ value: UInt64) -> StoredValue {
    Int64(exactly: value).map { .integer($0) } ?? .text(Array("\(value)".utf8))
  }

  /// 10 to the power of it.
  static func power(_ digits: UInt8) -> Double { (0..<digits).reduce(1.0) { power, _ in power * 10 } }

  private static func json(_ slots: ArraySlice<UInt64>, sum: UInt64) -> [UInt8] {
    let first = slots.firstIndex { $0 > 0 } ?? slots.startIndex
    let end = slots.lastIndex { $0 > 0 }.map { $0 + 1 } ?? first
    var text: [UInt8] = [UInt8(ascii: "[")]
    DecimalText.append(magnitude: sum, isNegative: false, to: &text)
    text.append(UInt8(ascii: ","))
    DecimalText.append(magnitude: UInt64(first - slots.startIndex), isNegative: false, to: &text)
    for count in slots[first..<end] {
      text.append(UInt8(ascii: ","))
      DecimalText.append(magnitude: count, isNegative: false, to: &text)
    }
    text.append(UInt8(ascii: "]"))
    return text
  }

  /// More slots than any histogram has.
  private static let mostSlots = 1024

  /// What it says of a series; nil: nothing that a series of its type can be.
  func recorded(in series: RecordedSeries) -> RecordedValue? {
    switch self {
    case .real(let value): series.family.type == .histogram ? nil : .real(value)
    case .integer(let value):
      series.family.type == .histogram ? nil : Self.whole(value, series.digits)
    case .text(let text): series.family.type == .histogram ? Self.histogram(text) : Self.number(text, series.digits)
    }
  }

  private static func whole(_ value: Int64, _ digits: UInt8) -> RecordedValue {
    value < 0 ? .negative(value.magnitude, digits: digits) : .scaled(value.magnitude, digits: digits)
  }

  private static func number(_ text: [UInt8], _ digits: UInt8) -> RecordedValue? {
    if text == Array("NaN".utf8) { return .real(.nan) }
    return unsigned(text[...]).map { .scaled($0, digits: digits) }
  }

  private static func histogram(_ text: [UInt8]) -> RecordedValue? {
    guard text.first == UInt8(ascii: "["), text.last == UInt8(ascii: "]"), text.count > 2 else { return nil }
    var numbers: [UInt64] = []
    for part in text[1..<(text.count - 1)].split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false) {
      guard let number = unsigned(part), numbers.count <= mostSlots else { return nil }
      numbers.append(number)
    }
    guard numbers.count >= 2, numbers[1] <= mostSlots else { return nil }
    return .histogram(
      RecordedHistogram(sum: numbers[0], slots: [UInt64](repeating: 0, count: Int(numbers[1])) + numbers[2...]))
  }

  /// Decimal digits and nothing else.
  private static func unsigned(_ text: ArraySlice<UInt8>) -> UInt64? {
    guard !text.isEmpty else { return nil }
    var number: UInt64 = 0
    for byte in text {
      guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
      let (product, isTooLarge) = number.multipliedReportingOverflow(by: 10)
      let (sum, isBeyond) = product.addingReportingOverflow(UInt64(byte - UInt8(ascii: "0")))
      if isTooLarge || isBeyond { return nil }
      number = sum
    }
    return number
  }
}
