import Fixtures
import Testing

@testable import TerminalView

@Suite struct RowOrderTests {
  private static func process(_ pid: UInt32, _ name: String = "", cpu: Double? = 0, cgroup: String = "/") -> Row {
    var row = Row(.process(pid: pid), name: name, cgroup: cgroup)
    row.figures.cpu = cpu
    return row
  }

  private static func group(_ path: String, cpu: Double = 0) -> Row {
    var row = Row(.group, name: path, cgroup: path)
    row.figures.cpu = cpu
    return row
  }

  private static func names(
    _ rows: [Row], tree: Bool = false, sort: Column = .cpu, reversed: Bool = false, filter: String = "",
    parents: [UInt32: UInt32] = [:]
  ) -> [String] {
    var state = ViewState()
    state.isTree = tree
    state.isReversed = reversed
    state.filter = filter
    return RowOrder(rows, state: state, sorting: sort, parents: parents).placed.map { $0.branch + $0.name }
  }

  private static let some = [process(3, "c", cpu: 1), process(1, "b", cpu: 3), process(2, "a", cpu: nil)]

  @Test func greatestIsFirstAndWhatHasNoFigureLast() {
    #expect(Self.names(Self.some) == ["b", "c", "a"])
    #expect(Self.names(Self.some, reversed: true) == ["c", "b", "a"])
    #expect(Self.names(Self.some, sort: .pid) == ["b", "a", "c"])
    #expect(Self.names(Self.some, sort: .name) == ["a", "b", "c"])
    #expect(Self.names(Self.some, sort: .name, reversed: true) == ["c", "b", "a"])
  }

  @Test func figuresThatAreNoNumbersDoNotBreakTheOrder() {
    let rows = (0..<100).map { Self.process($0, "p", cpu: $0 % 3 == 0 ? .nan : Double($0)) }
    #expect(Self.names(rows).count == 100)
  }

  @Test(arguments: [("B", ["b"]), ("3", ["c"]), ("wex", ["w"]), ("", ["b", "c", "w", "a"]), ("nothing", [])])
  func filterLooksAtNameGroupAndProcessID(filter: String, names: [String]) {
    let rows = Self.some + [Self.process(9, "w", cgroup: "/system.slice/WEX.service")]
    #expect(Self.names(rows, filter: filter) == names)
  }

  @Test func aTreeHasProcessesBelowThoseThatStartedThem() {
    let rows = [
      Self.process(1, "init"), Self.process(10, "shell"), Self.process(11, "busy", cpu: 5),
      Self.process(20, "other", cpu: 1),
    ]
    // 15 has no row: what it started is below its own parent
    let parents: [UInt32: UInt32] = [1: 0, 10: 1, 11: 15, 15: 10, 20: 1]
    #expect(
      Self.names(rows, tree: true, parents: parents) == ["init", "├ shell", "│ └ busy", "└ other"])
  }

  @Test func aTreeOfGroupsIsByPath() {
    let rows = [Self.group("/a"), Self.group("/a/b/c", cpu: 2), Self.group("/a/b/d", cpu: 3), Self.group("/x")]
    #expect(Self.names(rows, tree: true) == ["/a", "├ b/d", "└ b/c", "/x"])
    #expect(Self.names([Self.group("/"), Self.group("/ab"), Self.group("/a")], tree: true) == ["/", "├ a", "└ ab"])
  }

  @Test func circlesOfParentsEnd() {
    let rows = (1...5).map { Self.process($0, "p\($0)") }
    let circle: [UInt32: UInt32] = [1: 2, 2: 3, 3: 1, 4: 4, 5: 1]
    #expect(Self.names(rows, tree: true, parents: circle).count == 5)
  }

  @Test func everyRowIsPlacedOnceWhateverTheParents() {
    var random = Generator(seed: 2)
    for _ in 0..<200 {
      let rows = (0..<20).map { Self.process($0, "\($0)", cpu: Double(random.below(5))) }
      let parents = Dictionary(uniqueKeysWithValues: (0..<20).map { (UInt32($0), UInt32(random.below(20))) })
      var state = ViewState()
      state.isTree = true
      let placed = RowOrder(rows, state: state, sorting: .cpu, parents: parents).placed
      #expect(Set(placed.map(\.row.kind)) == Set(rows.map(\.kind)))
      #expect(placed.count == rows.count)
    }
  }
}
