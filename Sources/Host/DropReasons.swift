/// Why the kernel drops packets: the names of the reasons that `kfree_skb` gives as numbers.
///
/// The numbers of `enum skb_drop_reason` shift from kernel to kernel (`NOT_SPECIFIED` was 0, 1 and 2), so their names
/// come from the running one: from the format of its tracepoint, or from its BTF.
package struct DropReasons: Sendable, Hashable {
  /// By number, without `SKB_DROP_REASON_` and without the closing `MAX`.
  ///
  /// Reasons of modules have their subsystem in the upper 16 bits and are never here.
  package let names: [Int: String]

  /// The reasons in the text of `events/skb/kfree_skb/format`.
  ///
  /// They stand as `{ 2, "NOT_SPECIFIED" }` among the arguments of the print format. No names at all where the kernel
  /// has no reasons (before 5.17), or does not write them there: 6.0 looked them up in an array (ec43908dd556).
  package init(parsingFormat bytes: Span<UInt8>) {
    var names: [Int: String] = [:]
    var cursor = TextCursor(bytes)
    while !cursor.isAtEnd, !cursor.skip("print fmt:") { cursor.skipLine() }
    // The format itself is a string of the program's own, where braces would mean nothing.
    cursor.skipSpaces()
    if cursor.skip("\"") { cursor.skip(to: UInt8(ascii: "\"")) }
    while let byte = cursor.next, byte != UInt8(ascii: "\n") {
      if cursor.skip("{") {
        if let (number, name) = Self.reason(&cursor), name != "MAX" { names[number] = name }
      } else {
        cursor.skipByte()
      }
    }
    self.names = names
  }

  /// The reasons of the running kernel.
  package init(paths: HostPaths) throws(SystemError) {
    var bytes: [UInt8] = []
    do throws(SystemError) {
      try SmallFile.read(paths.sys("kernel/tracing/events/skb/kfree_skb/format"), into: &bytes)
    } catch {
      // tracefs is only mounted inside debugfs on older systems
      try SmallFile.read(paths.sys("kernel/debug/tracing/events/skb/kfree_skb/format"), into: &bytes)
    }
    self.init(parsingFormat: bytes.span)
  }

  // ` 2, "NOT_SPECIFIED"` after the brace. A symbol the kernel left unresolved may stand where the number should.
  private static func reason(_ cursor: inout TextCursor) -> (Int, String)? {
    cursor.skipSpaces()
    guard let number = cursor.unsigned(), let value = Int(exactly: number) else { return nil }
    cursor.skipSpaces()
    guard cursor.skip(",") else { return nil }
    cursor.skipSpaces()
    guard cursor.skip("\"") else { return nil }
    var name: [UInt8] = []
    while let byte = cursor.next, byte != UInt8(ascii: "\""), byte != UInt8(ascii: "\n") {
      name.append(byte)
      cursor.skipByte()
    }
    guard cursor.skip("\""), !name.isEmpty else { return nil }
    return (value, String(decoding: name, as: UTF8.self))
  }
}
