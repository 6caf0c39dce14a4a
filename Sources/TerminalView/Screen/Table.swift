internal import ByteText

/// The table: which columns there is room for, and its lines.
struct Table {
  /// Columns between two of the table's.
  private static let gap = 1

  /// From left to right.
  let columns: [Column]
  let sorting: Column
  private let width: Int
  private let nameWidth: Int

  /// - Parameters:
  ///   - rows: all there are: a column of which no row has a figure is left out.
  ///   - width: in columns of the terminal; nil: as wide as it takes.
  init(_ rows: [Row], state: ViewState, width: Int?) {
    let isOfProcesses = state.subject == .processes
    let present = Column.byPriority.filter { column in
      switch column {
      case .pid, .cgroup: isOfProcesses
      default: rows.contains { column.value($0) != nil }
      }
    }
    let chosen = state.sort.flatMap { present.contains($0) || $0 == .name ? $0 : nil }
    let sorting = chosen ?? (present.contains(.watts) ? .watts : .cpu)
    self.sorting = sorting
    let names = rows.map { DisplayText.width(RowOrder.name($0)) }
    guard let width else {
      self.width = .max
      columns = Column.allCases.filter { present.contains($0) || $0 == .name }
      nameWidth = max(names.max() ?? 0, 16)
      return
    }
    self.width = width
    var left = width
    var shown: [Column] = []
    // what it is sorted by is seen before all others
    for column in ([sorting] + present.filter { $0 != sorting }) where !column.isText {
      // two figures are worth more than the end of a name, more than two are not
      let name = shown.count < 2 ? 6 : min(max(width / 4, 10), 16)
      guard left - name >= column.width + Self.gap else { break }
      left -= column.width + Self.gap
      shown.append(column)
    }
    let used = shown.reduce(0) { $0 + $1.width + Self.gap }
    let rest = max(0, width - used)
    // paths are long: they need as much room as names
    let hasGroups = isOfProcesses && rest >= 16 + Self.gap + 12
    shown += hasGroups ? [.name, .cgroup] : [.name]
    columns = Column.allCases.filter(shown.contains)
    nameWidth = hasGroups ? 16 : rest
  }

  /// The line of titles, across the screen.
  var title: StyledLine {
    var text = ""
    for (index, column) in columns.enumerated() {
      let isSorting = column == sorting
      if column.isText {
        text += (index > 0 ? " " : "") + fitted((isSorting ? "*" : "") + column.title, column)
      } else {
        // the mark is next to the title, if need be between the columns
        let room = column.width + (index > 0 ? Self.gap : 0)
        text += DisplayText.fitted(
          (isSorting && room > column.title.utf8.count ? "*" : "") + column.title, to: room, isRight: true)
      }
    }
    let line = StyledLine(Self.trimmed(text), .bar)
    return width == .max ? line : line.shortened(to: width).filled(to: width)
  }

  private static func trimmed(_ text: String) -> String {
    let end = text.utf8.lastIndex { $0 != UInt8(ascii: " ") }
    return end.map { String(text[...$0]) } ?? ""
  }

  func line(_ placed: RowOrder.Placed) -> StyledLine {
    let row = placed.row
    let texts = columns.map { column in
      switch column {
      case .name: fitted(name(placed), column)
      case .cgroup: fitted(DisplayText.printable(row.cgroup), column)
      default: fitted(column.text(row), column)
      }
    }
    let text = Self.trimmed(texts.joined(separator: " "))
    let line = StyledLine(text, row.kind.isOwn ? .plain : .faint)
    return width == .max ? line : line.shortened(to: width)
  }

  private func name(_ placed: RowOrder.Placed) -> String {
    let (branch, name) = (placed.branch, DisplayText.printable(placed.name))
    guard placed.row.kind == .group else { return branch + name }
    return branch + DisplayText.shortenedPath(name, to: max(0, nameWidth - DisplayText.width(branch)))
  }

  private func fitted(_ text: String, _ column: Column) -> String {
    switch column {
    case .name: return DisplayText.fitted(text, to: nameWidth)
    case .cgroup:
      if width == .max { return text }
      let used = columns.reduce(0) { $0 + ($1 == .name ? nameWidth : $1.width) } + (columns.count - 1) * Self.gap
      return DisplayText.shortenedPath(text, to: max(0, width - used))
    default: return DisplayText.fitted(text, to: column.width, isRight: true)
    }
  }
}
