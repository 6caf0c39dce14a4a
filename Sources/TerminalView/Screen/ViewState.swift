/// What the user has chosen to see.
package struct ViewState: Sendable, Hashable {
  package enum Subject: Sendable, Hashable {
    case processes
    case groups
  }

  /// What a key asks of whoever runs the view.
  package enum Request: Sendable, Hashable {
    case quit
    case shorterInterval
    case longerInterval
  }

  package var subject = Subject.processes
  package var isTree = false
  /// Nil: by watts, or by CPU time where there are none.
  package var sort: Column?
  package var isReversed = false
  /// Rows that have this text in their name, control group or process id; empty: all.
  package var filter = ""
  package private(set) var isEditingFilter = false
  package private(set) var isPaused = false
  package private(set) var isHelp = false
  /// The first row shown.
  package private(set) var offset = 0

  package init() {}

  /// - Parameters:
  ///   - columns: those of the table, as they stand from left to right.
  ///   - sorting: the one that it is sorted by.
  ///   - page: how many rows there is room for.
  package mutating func handle(_ key: Key, columns: [Column], sorting: Column, page: Int) -> Request? {
    if isHelp {
      // whichever key it is
      isHelp = false
      return nil
    }
    if isEditingFilter {
      editFilter(key)
      return nil
    }
    switch key {
    case .character("q"): return .quit
    case .character("+"), .character("="): return .longerInterval
    case .character("-"): return .shorterInterval
    case .character("?"), .character("h"): isHelp = true
    case .character("p"), .character(" "): isPaused.toggle()
    case .character("t"): isTree.toggle()
    case .character("c"):
      subject = subject == .processes ? .groups : .processes
      offset = 0
    case .character("/"): isEditingFilter = true
    case .character("r"): isReversed.toggle()
    case .character("<"), .left: sort(beside: -1, of: sorting, columns)
    case .character(">"), .right: sort(beside: 1, of: sorting, columns)
    case .character(let scalar): if let column = Column.allCases.first(where: { $0.key == scalar }) { sort(by: column) }
    case .escape: filter = ""
    case .up: scroll(by: -1)
    case .down: scroll(by: 1)
    case .pageUp: scroll(by: -page)
    case .pageDown: scroll(by: page)
    case .home: offset = 0
    case .end: offset = .max
    case .enter, .backspace: break
    }
    return nil
  }

  private mutating func editFilter(_ key: Key) {
    offset = 0
    switch key {
    case .character(let scalar): filter.unicodeScalars.append(scalar)
    case .backspace: if !filter.isEmpty { filter.unicodeScalars.removeLast() }
    case .enter: isEditingFilter = false
    case .escape:
      isEditingFilter = false
      filter = ""
    default: break
    }
  }

  private mutating func sort(by column: Column) {
    sort = column
    offset = 0
  }

  private mutating func sort(beside step: Int, of column: Column, _ columns: [Column]) {
    guard let index = columns.firstIndex(of: column) else { return }
    sort(by: columns[min(max(index + step, 0), columns.count - 1)])
  }

  private mutating func scroll(by rows: Int) {
    let (sum, isTooLarge) = offset.addingReportingOverflow(rows)
    offset = isTooLarge ? offset : max(0, sum)
  }

  /// Never further down than there are rows.
  package mutating func clampOffset(rows: Int, page: Int) { offset = min(offset, max(0, rows - page)) }
}
