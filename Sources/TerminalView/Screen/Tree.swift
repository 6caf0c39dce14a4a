internal import ByteText

/// Rows below those they belong to: processes below the process that started them, control groups below the group that holds
/// them. A branch stands where the first of its rows would.
struct Tree {
  /// No chain of parents is followed further; a pid that was used anew could make a circle.
  private static let mostDepth = 64

  private let rows: [Row]
  private var children: [Int: [Int]] = [:]
  private(set) var placed: [RowOrder.Placed] = []

  init(_ rows: [Row], parents: [UInt32: UInt32]) {
    self.rows = rows
    let places = Dictionary(
      rows.enumerated().compactMap { index, row in Self.key(row).map { ($0, index) } },
      uniquingKeysWith: { first, _ in first })
    let above = rows.map { row -> Int? in
      Self.ancestors(of: row, parents).lazy.compactMap { places[$0] }.first
    }
    var roots: [Int] = []
    for index in rows.indices {
      if let parent = above[index], !Self.isCircle(index, above) {
        children[parent, default: []].append(index)
      } else {
        roots.append(index)
      }
    }
    let ranks = Self.ranks(above, roots: roots, children: children)
    children = children.mapValues { $0.sorted { ranks[$0] < ranks[$1] } }
    for root in roots.sorted(by: { ranks[$0] < ranks[$1] }) { place(root, lead: "", branch: "", prefix: "") }
  }

  /// Of each row, the first place of those below it and its own.
  private static func ranks(_ above: [Int?], roots: [Int], children: [Int: [Int]]) -> [Int] {
    var ranks = Array(above.indices)
    var order = roots
    var next = 0
    while next < order.count {
      order += children[order[next]] ?? []
      next += 1
    }
    for index in order.reversed() {
      if let parent = above[index], !roots.contains(index) { ranks[parent] = min(ranks[parent], ranks[index]) }
    }
    return ranks
  }

  private static func key(_ row: Row) -> String? {
    switch row.kind {
    case .process(let pid): "\(pid)"
    case .group: row.name
    case .other, .ended, .kernel, .idle, .unattributed: nil
    }
  }

  /// The keys of what the row is below, nearest first.
  private static func ancestors(of row: Row, _ parents: [UInt32: UInt32]) -> [String] {
    switch row.kind {
    case .process(let pid):
      var keys: [String] = []
      var next = parents[pid]
      while let parent = next, parent != 0, keys.count < mostDepth {
        keys.append("\(parent)")
        next = parents[parent]
      }
      return keys
    case .group:
      let parts = row.name.split(at: "/")
      guard !parts.isEmpty else { return [] }
      let paths = (1..<parts.count).reversed().prefix(mostDepth).map { "/" + parts[..<$0].joined(separator: "/") }
      return paths + ["/"]
    case .other, .ended, .kernel, .idle, .unattributed: return []
    }
  }

  private static func isCircle(_ start: Int, _ above: [Int?]) -> Bool {
    var steps = 0
    var next = above[start]
    while let index = next {
      steps += 1
      if index == start || steps > above.count { return true }
      next = above[index]
    }
    return false
  }

  private mutating func place(_ index: Int, lead: String, branch: String, prefix: String) {
    let row = rows[index]
    var name = RowOrder.name(row)
    // below its parent, a group is named by the rest of its path
    if row.kind == .group, !prefix.isEmpty, name.begins(with: prefix) {
      name = String(decoding: name.utf8.dropFirst(prefix.utf8.count), as: UTF8.self)
    }
    placed.append(RowOrder.Placed(row: row, branch: branch, name: name))
    let below = children[index] ?? []
    let isGroup = row.kind == .group
    for (place, child) in below.enumerated() {
      let isLast = place == below.count - 1
      self.place(
        child, lead: lead + (isLast ? "  " : "│ "), branch: lead + (isLast ? "└ " : "├ "),
        prefix: isGroup ? (row.name.ends(with: "/") ? row.name : row.name + "/") : "")
    }
  }
}
