/// Readings in, lines of text out: what is on the screen.
package struct View: Sendable {
  /// What the screen says beside the figures.
  package struct Context: Sendable, Hashable {
    /// The machine.
    package var host: String
    /// The time of the last reading.
    package var time: String
    /// What goes between readings, as it was chosen.
    package var interval: String
    package var advice: EnergyAdvice
    /// Whether it is known which process started which.
    package var knowsParents: Bool
    /// What is wrong, such as a reading that failed; nil: nothing.
    package var trouble: String?

    package init(
      host: String, time: String, interval: String, advice: EnergyAdvice, knowsParents: Bool, trouble: String? = nil
    ) {
      self.host = host
      self.time = time
      self.interval = interval
      self.advice = advice
      self.knowsParents = knowsParents
      self.trouble = trouble
    }
  }

  private let activity: Activity
  private let state: ViewState
  private let context: Context
  private let parents: [UInt32: UInt32]
  private let rows: [Row]

  /// - Parameter parents: the process that started each, by process id.
  package init(_ activity: Activity, _ state: ViewState, _ context: Context, parents: [UInt32: UInt32]) {
    self.activity = activity
    self.state = state
    self.context = context
    self.parents = parents
    rows = state.subject == .processes ? activity.processes : activity.groups
  }

  /// What a key has to know of the screen.
  package struct Extent: Sendable, Hashable {
    package let columns: [Column]
    package let sorting: Column
    /// Rows of the table that there are, and that there is room for.
    package let rows: Int
    package let page: Int
  }

  package func extent(columns: Int, lines: Int) -> Extent {
    let table = Table(rows, state: state, width: columns)
    let order = RowOrder(rows, state: state, sorting: table.sorting, parents: parents)
    let above = header(columns).content.count + 1
    return Extent(
      columns: table.columns, sorting: table.sorting, rows: order.placed.count, page: max(0, lines - above - 1))
  }

  /// The screen: so many lines, none wider than so many columns.
  package func screen(columns: Int, lines: Int) -> [StyledLine] {
    if state.isHelp { return Self.filled(Array(HelpScreen.content(columns: columns).prefix(lines)), to: lines) }
    let table = Table(rows, state: state, width: columns)
    let order = RowOrder(rows, state: state, sorting: table.sorting, parents: parents)
    var screen = header(columns).content + [table.title]
    let page = max(0, lines - screen.count - 1)
    screen += order.placed.dropFirst(state.offset).prefix(page).map(table.line)
    screen += missing.prefix(page).map { $0.shortened(to: columns) }
    // what there is no room for goes from below, but for the last line
    screen = Self.filled(Array(screen.prefix(max(0, lines - 1))), to: lines - 1)
    if lines > 0 { screen.append(status(order.placed.count).shortened(to: columns)) }
    return screen
  }

  private static func filled(_ screen: [StyledLine], to lines: Int) -> [StyledLine] {
    screen + Array(repeating: StyledLine(), count: max(0, lines - screen.count))
  }

  /// All there is, for whoever reads it line by line: as wide as it takes.
  package func block() -> [String] {
    let table = Table(rows, state: state, width: nil)
    let order = RowOrder(rows, state: state, sorting: table.sorting, parents: parents)
    return header(.max).content.map(\.text) + [table.title.text] + order.placed.map { table.line($0).text }
      + missing.map(\.text)
  }

  /// Why there is no row at all, whatever the filter is.
  private var missing: [StyledLine] {
    guard rows.isEmpty, activity.seconds > 0 else { return [] }
    let collector = state.subject == .processes ? "process" : "cgroup"
    return [StyledLine("nothing to show: the collector \(collector) does not run", .warning)]
  }

  private func header(_ columns: Int) -> Header {
    let real = activity.seconds > 0 ? Quantity.fixed(activity.seconds, 3) + " s" : "first reading"
    let title = [context.host, context.time, "every \(context.interval)", "last \(real)"]
    return Header(activity.machine, title: title, advice: context.advice, columns: columns)
  }

  private func status(_ shown: Int) -> StyledLine {
    if state.isEditingFilter { return StyledLine("filter: \(state.filter)_", .strong) }
    var line = StyledLine()
    if state.isPaused { line.append("paused  ", .warning) }
    if let trouble = context.trouble { line.append(trouble + "  ", .warning) }
    if !state.filter.isEmpty { line.append("filter: \(state.filter) (\(shown) of \(rows.count))  ", .strong) }
    if state.isTree && state.subject == .processes && !context.knowsParents {
      line.append("no tree: which process started which is not among the metrics  ", .warning)
    }
    line.append("q quit  ? help  c \(state.subject == .processes ? "cgroups" : "processes")  t tree  / filter", .label)
    return line
  }
}
