/// Packets that passed the machine's network devices: `/proc/net/dev` (proc(5)).
package enum PacketCounts {
  /// Received and sent since boot, of each device, in the text of the file. `path` names it in errors.
  package static func parse(_ bytes: Span<UInt8>, path: String) throws(HostError) -> [String: UInt64] {
    var counts: [String: UInt64] = [:]
    var cursor = TextCursor(bytes)
    cursor.skipLine()
    cursor.skipLine()
    while !cursor.isAtEnd {
      cursor.skipSpaces()
      var name: [UInt8] = []
      while let byte = cursor.next, byte != UInt8(ascii: ":"), byte != UInt8(ascii: "\n") {
        name.append(byte)
        cursor.skipByte()
      }
      guard cursor.skip(":") else {
        throw .malformed(path, expected: "the name of a device", in: name.span)
      }
      // Eight columns of what was received, of which packets are the second, and as many of what was sent.
      var columns: [UInt64] = []
      for _ in 0..<10 {
        cursor.skipSpaces()
        guard let value = cursor.unsigned() else { throw .malformed(path, expected: "16 counts", in: name.span) }
        columns.append(value)
      }
      counts[String(decoding: name, as: UTF8.self)] = columns[1] &+ columns[9]
      cursor.skipLine()
    }
    return counts
  }

  /// The packets of all devices with hardware behind them, or of all but `lo` where there is none: a packet that passes a
  /// bridge or a tunnel would count once more.
  package static func total(paths: HostPaths) throws(HostError) -> UInt64 {
    let path = paths.proc("net/dev")
    let bytes = try SmallFile.bytes(path)
    let counts = try parse(bytes.span, path: path).filter { $0.key != "lo" }
    let hardware = counts.filter { SymbolicLink.target(of: paths.sys("class/net/\($0.key)/device")) != nil }
    return (hardware.isEmpty ? counts : hardware).values.reduce(0, &+)
  }
}
