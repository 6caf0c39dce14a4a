internal import ByteText

/// Which rows are shown, in which order, and how deep each is in the tree.
struct RowOrder {
  struct Placed {
    let row: Row
    /// What stands ahead of the name in a tree.
    var branch = ""
    /// The name, shorter where the rows above say the rest.
    var name: String
  }

  let placed: [Placed]

  /// - Parameter parents: by process id.
  init(_ rows: [Row], state: ViewState, sorting: Column, parents: [UInt32: UInt32]) {
    let rows = rows.filter { Self.matches($0, state.filter) }
      .sorted { Self.precedes($0, $1, sorting, isReversed: state.isReversed) }
    guard state.isTree else {
      placed = rows.map { Placed(row: $0, name: Self.name($0)) }
      return
    }
    placed = Tree(rows, parents: parents).placed
  }

  static func name(_ row: Row) -> String { row.kind.isOwn ? row.name : "(\(row.name))" }

  /// Bytes, upper and lower case of ASCII alike.
  private static func matches(_ row: Row, _ filter: String) -> Bool {
    if filter.isEmpty { return true }
    var texts = [name(row), row.cgroup]
    if case .process(let pid) = row.kind { texts.append("\(pid)") }
    return texts.contains { contains($0, filter) }
  }

  private static func contains(_ text: String, _ part: String) -> Bool {
    let (text, part) = (Array(text.utf8).map(lower), Array(part.utf8).map(lower))
    guard text.count >= part.count else { return false }
    return (0...text.count - part.count).contains { text[$0..<$0 + part.count].elementsEqual(part) }
  }

  private static func lower(_ byte: UInt8) -> UInt8 {
    (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) ? byte + 32 : byte
  }

  /// Greatest figures first, text and process ids from the beginning; rows of equal figures by name and process id, so that
  /// they stay where they are.
  private static func precedes(_ one: Row, _ other: Row, _ column: Column, isReversed: Bool) -> Bool {
    let isAscending = (column == .pid || column.isText) != isReversed
    if column.isText {
      let (a, b) = column == .name ? (name(one), name(other)) : (one.cgroup, other.cgroup)
      if a != b { return isAscending ? a < b : a > b }
    } else {
      let (a, b) = (column.value(one), column.value(other))
      if a != b {
        // what has no figure is last either way
        guard let a, let b else { return a != nil }
        return isAscending ? a < b : a > b
      }
    }
    return (name(one), Column.pid.value(one) ?? 0) < (name(other), Column.pid.value(other) ?? 0)
  }
}
