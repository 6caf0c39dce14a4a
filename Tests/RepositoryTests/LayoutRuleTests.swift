import Testing

/// The rules that keep the tree in order.
@Suite struct LayoutRuleTests {
  /// A filter by name finds one suite, not two.
  @Test func suitesHaveNamesOfTheirOwn() throws {
    var places: [String: [String]] = [:]
    for file in try Repository.files(in: "Tests", "swift") {
      for match in try Repository.text(file).matches(
        of: /@Suite(?:\([^\n]*\))?\s+(?:struct|enum|final class|class) (\w+)/)
      {
        places[String(match.1), default: []].append(file)
      }
    }
    #expect(places.count > 80)
    for (name, files) in places { #expect(files.count == 1, "\(name) in \(files)") }
  }

  /// `make test` runs what measures the machine by itself, by the name of its outermost suite.
  @Test func testsThatMeasureTheMachineAreInKernelTests() throws {
    for file in try Repository.files(in: "Tests", "swift") {
      let isKernel = file.hasPrefix("Tests/CollectorsTests/Kernel/")
      let text = try Repository.text(file)
      guard text.contains("@Suite") else { continue }
      let isInside = text.contains("\nextension KernelTests {") || text.contains("\nstruct KernelTests {")
      #expect(isInside == isKernel, "\(file)")
    }
  }

  /// Tests stand where what they test does.
  @Test(arguments: ["Host", "Energy", "Collectors"])
  func testsHaveTheFoldersOfTheSources(module: String) throws {
    let sources = Set(try Repository.files(in: "Sources/\(module)", "swift").map(Self.folder))
    for folder in Set(try Repository.files(in: "Tests/\(module)Tests", "swift").map(Self.folder)) {
      // what takes a kernel is beside them, in the same folders
      let area = folder.split(separator: "/").dropFirst(2).drop { $0 == "Kernel" }.joined(separator: "/")
      #expect(area.isEmpty || sources.contains("Sources/\(module)/\(area)"), "\(folder)")
    }
  }

  /// A folder that holds whatever found no other place grows until nobody finds anything in it.
  @Test func noFolderOfSourcesIsAHeap() throws {
    let files = try Repository.files(in: "Sources", "swift")
    for (folder, members) in Dictionary(grouping: files, by: Self.folder) {
      #expect(members.count <= 24, "\(folder) has \(members.count) files")
    }
  }

  @Test func filesHaveOneSubject() throws {
    for file in try Repository.files(in: "Sources", "swift") {
      let lines = try Repository.text(file).split(separator: "\n", omittingEmptySubsequences: false).count - 1
      #expect(lines <= 310, "\(file) has \(lines) lines")
    }
  }

  private static func folder(_ file: String) -> String { file.split(separator: "/").dropLast().joined(separator: "/") }
}
