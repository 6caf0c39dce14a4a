import Fixtures
import Glibc
import Testing

@testable import Host

@Suite struct KernelSymbolTests {
  private static let text = """
    ffffffff81000000 T _stext
    ffffffff81000000 T _text
    ffffffff81000100 t first
    ffffffff81000200 d data_not_code
    ffffffff81000300 W second
    ffffffffa0000000 t of_module\t[module]
    ffffffff81000280 T late
    ffffffffc0000000 r last

    """

  private func names(_ addresses: [UInt64], piece: Int) -> [UInt64: String] {
    var search = SymbolSearch(addresses)
    let bytes = Array(Self.text.utf8)
    for start in stride(from: 0, to: bytes.count, by: piece) {
      search.feed(bytes.span.extracting(start..<min(start + piece, bytes.count)))
    }
    return search.names()
  }

  /// However the text is cut.
  @Test(arguments: [1, 2, 7, 31, 64, 4096])
  func addressesAreFoundInTheFunctionBefore(piece: Int) {
    let found = names(
      [
        0xffff_ffff_8100_0000, 0xffff_ffff_8100_0105, 0xffff_ffff_8100_0210, 0xffff_ffff_8100_0210,
        0xffff_ffff_8100_0290, 0xffff_ffff_8100_0300, 0xffff_ffff_a000_0123,
      ], piece: piece)
    #expect(
      found == [
        0xffff_ffff_8100_0000: "_stext", 0xffff_ffff_8100_0105: "first", 0xffff_ffff_8100_0210: "first",
        0xffff_ffff_8100_0290: "late", 0xffff_ffff_8100_0300: "second", 0xffff_ffff_a000_0123: "of_module",
      ])
  }

  @Test func addressesInNoFunctionHaveNoName() {
    let found = names([0x1000, 0xffff_ffff_8000_0000, 0xffff_ffff_9000_0000, .max], piece: 64)
    #expect(found.isEmpty)
  }

  @Test func hiddenAddressesAreRefused() throws {
    let tree = try TemporaryTree()
    try tree.write("kallsyms", "0000000000000000 T _text\n0000000000000000 t first\n")
    #expect(throws: SystemError(EPERM, call: "read", path: tree.paths.proc("kallsyms"))) {
      try KernelSymbols(paths: tree.paths)
    }
    try tree.write("kallsyms", Self.text)
    let symbols = try KernelSymbols(paths: tree.paths)
    // as often as one likes
    for _ in 0..<2 {
      #expect(try symbols.names(of: [0xffff_ffff_8100_0105]) == [0xffff_ffff_8100_0105: "first"])
    }
  }
}
