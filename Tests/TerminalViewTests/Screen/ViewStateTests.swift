import Testing

@testable import TerminalView

@Suite struct ViewStateTests {
  private static let columns: [Column] = [.pid, .watts, .cpu, .name]

  private static func type(_ keys: String, into state: inout ViewState, sorting: Column = .watts) -> [ViewState.Request]
  {
    Key.keys(Array(keys.utf8)).compactMap {
      state.handle($0, columns: columns, sorting: state.sort ?? sorting, page: 10)
    }
  }

  @Test func keysAskAndChange() {
    var state = ViewState()
    #expect(Self.type("+-=q", into: &state) == [.longerInterval, .shorterInterval, .longerInterval, .quit])
    #expect(Self.type("tcr p", into: &state).isEmpty)
    #expect(state.isTree && state.subject == .groups && state.isReversed)
    #expect(!state.isPaused)
    _ = Self.type("p", into: &state)
    #expect(state.isPaused)
  }

  @Test func everyColumnHasAKeyOfItsOwn() {
    #expect(Set(Column.allCases.map(\.key)).count == Column.allCases.count)
    for column in Column.allCases {
      var state = ViewState()
      _ = Self.type(String(column.key), into: &state)
      #expect(state.sort == column)
    }
  }

  @Test func sortingMovesFromColumnToColumn() {
    var state = ViewState()
    _ = Self.type(">", into: &state)
    #expect(state.sort == .cpu)
    _ = Self.type("<<<<", into: &state)
    #expect(state.sort == .pid)
    _ = Self.type("\u{1B}[C\u{1B}[C\u{1B}[C\u{1B}[C", into: &state)
    #expect(state.sort == .name)
  }

  @Test func filterTakesWhatIsTypedUntilEnter() {
    var state = ViewState()
    #expect(Self.type("/qtx\u{7F}", into: &state).isEmpty)
    #expect(state.filter == "qt" && state.isEditingFilter)
    _ = Self.type("\r", into: &state)
    #expect(state.filter == "qt" && !state.isEditingFilter)
    _ = Self.type("\u{1B}", into: &state)
    #expect(state.filter.isEmpty)
  }

  @Test func anyKeyEndsTheHelp() {
    var state = ViewState()
    #expect(Self.type("?q", into: &state).isEmpty)
    #expect(!state.isHelp)
  }

  @Test func scrollingStaysWithinTheRows() {
    var state = ViewState()
    _ = Self.type("\u{1B}[A", into: &state)
    #expect(state.offset == 0)
    _ = Self.type("\u{1B}[6~\u{1B}[B", into: &state)
    #expect(state.offset == 11)
    _ = Self.type("\u{1B}[F\u{1B}[6~", into: &state)
    state.clampOffset(rows: 30, page: 10)
    #expect(state.offset == 20)
    state.clampOffset(rows: 5, page: 10)
    #expect(state.offset == 0)
  }
}
