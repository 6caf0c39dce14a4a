import Testing

/// Who may know of whom.
@Suite struct LayeringTests {
  private static func imports(_ file: String) throws -> [String] {
    try Repository.text(file).matches(of: /(?m)^(?:package |internal |public |@testable )*import (\w+)/).map {
      String($0.1)
    }
  }

  private static func importers(of module: String) throws -> Set<String> {
    let files = try Repository.files(in: "Sources", "swift").filter { try imports($0).contains(module) }
    return Set(files.map { String($0.split(separator: "/")[1]) })
  }

  @Test(arguments: [
    ("CLibbpf", "BPF"), ("CHost", "Host"), ("CDeflate", "Web"), ("CYAML", "Web"), ("CCrypt", "Web"),
    ("CPage", "Web"), ("CSQLite", "Recording"),
    ("NIOSSL", "Web"), ("CBuild", "wattprobe"),
    ("NIOCore", "Web"), ("NIOPosix", "Web"), ("NIOHTTP1", "Web"), ("ArgumentParser", "wattprobe"),
    ("Web", "wattprobe"),
  ])
  func moduleIsKnownToOneAlone(module: String, importer: String) throws {
    #expect(try Self.importers(of: module) == [importer])
  }

  /// Pure arithmetic and pure text: no files, no clocks, no threads.
  @Test(arguments: ["ByteText", "Exposition", "Energy", "Readings", "TerminalView"])
  func moduleDoesNoInputOrOutput(module: String) throws {
    for file in try Repository.files(in: "Sources/\(module)", "swift") {
      #expect(
        try Set(Self.imports(file)).isSubset(of: ["ByteText", "Exposition", "FixedPoint", "Readings"]), "\(file)")
    }
  }

  /// Figures, plots and pages: recordings are read by others.
  @Test func reportDoesNoInputOrOutput() throws {
    for file in try Repository.files(in: "Sources/Report", "swift") {
      #expect(
        try Set(Self.imports(file)).isSubset(of: ["Exposition", "FixedPoint", "JSONText", "Recording", "Glibc"]),
        "\(file)")
      #expect(
        try !Repository.text(file).contains(/\b(RecordingReader|RecordingWriter|open|read|write|print)\(/), "\(file)")
    }
  }

  /// 58 MB of executable and 13 MB of memory more.
  @Test func productDoesWithoutFoundation() throws {
    for file in try Repository.files(in: "Sources", "swift") where !file.hasPrefix("Sources/BPFCompiler/") {
      #expect(try !Self.imports(file).contains("Foundation"), "\(file)")
    }
  }

  /// Text from outside is bytes: the program takes none apart by Characters, but for the command line's and its own.
  @Test func textIsTakenApartByBytes() throws {
    let own: Set = [
      "Sources/Host/System/ErrorNumber.swift", "Sources/Host/Syscalls/SyscallCategory.swift",
      "Sources/Host/Syscalls/SyscallTable.swift", "Sources/Exposition/FamilyRules.swift",
      "Sources/Exposition/Family.swift",
    ]
    let byCharacters =
      /\.split\((?:separator: "|whereSeparator|maxSplits)|\.hasPrefix\(|\.hasSuffix\(|\.components\(|\.lines\b/
    var found: Set<String> = []
    for file in try Repository.files(in: "Sources", "swift")
    where !file.hasPrefix("Sources/BPFCompiler/") && !file.hasPrefix("Sources/wattprobe/") {
      let text = try Repository.text(file)
      guard text.contains(byCharacters) else { continue }
      found.insert(file)
      #expect(own.contains(file), "\(file): use what ByteText has")
    }
    #expect(found == own, "those that do no more")
  }

  @Test func uncheckedSendableIsForBPFAlone() throws {
    for file in try Repository.files(in: "Sources", "swift") where !file.hasPrefix("Sources/BPF/") {
      #expect(try !Repository.text(file).contains("@unchecked Sendable"), "\(file)")
    }
  }
}
