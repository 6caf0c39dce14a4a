internal import Glibc

/// Names of the kernel's functions by addresses within them, from `/proc/kallsyms`.
///
/// The file is read again for each question, a few megabytes that are not kept. Whether it shows addresses is decided as it
/// is opened (kallsyms_open in kernel/kallsyms.c), so what was opened with CAP_SYSLOG still shows them without.
package final class KernelSymbols {
  private let file: FileDescriptor
  private let path: String

  /// Opens the file, and throws where it hides addresses (`kernel.kptr_restrict`).
  package init(paths: HostPaths) throws(SystemError) {
    path = paths.proc("kallsyms")
    file = try FileDescriptor(opening: path)
    // the first symbols tell
    var search = SymbolSearch([])
    try read(into: &search, atMost: 1)
    guard search.hasAddresses else { throw SystemError(EPERM, call: "read", path: path) }
  }

  /// The function each of `addresses` lies in; those in none are left out.
  package func names(of addresses: [UInt64]) throws(SystemError) -> [UInt64: String] {
    var search = SymbolSearch(addresses)
    try read(into: &search)
    return search.names()
  }

  /// Reads the file from its beginning, or so many pieces of it.
  private func read(into search: inout SymbolSearch, atMost pieces: Int = .max) throws(SystemError) {
    try file.rewind(path: path)
    var buffer = [UInt8](repeating: 0, count: 65_536)
    for _ in 0..<pieces {
      var failure: SystemError?
      let count = buffer.withUnsafeMutableBytes { bytes in
        do throws(SystemError) {
          return try file.read(into: bytes, path: path)
        } catch {
          failure = error
          return 0
        }
      }
      if let failure { throw failure }
      if count == 0 { break }
      search.feed(buffer.span.extracting(first: count))
    }
  }
}

/// Finds in the text of `/proc/kallsyms`, given in pieces, the function before each of some addresses.
///
/// The text is in no order: modules come after the kernel, and so does what is made at run time.
package struct SymbolSearch {
  /// A function longer than this is none: the address lies in something that has gone.
  private static let longestFunction: UInt64 = 1 << 20

  private let addresses: [UInt64]
  /// The nearest function at or below each address, as far as it has been seen.
  private var starts: [UInt64]
  private var found: [String]
  /// A line that was cut off.
  private var rest: [UInt8] = []
  /// Whether any symbol had an address.
  package private(set) var hasAddresses = false

  package init(_ addresses: [UInt64]) {
    self.addresses = addresses.sorted()
    starts = Array(repeating: 0, count: addresses.count)
    found = Array(repeating: "", count: addresses.count)
  }

  /// The next piece of the text.
  package mutating func feed(_ bytes: Span<UInt8>) {
    var start = 0
    for index in bytes.indices where bytes[index] == UInt8(ascii: "\n") {
      if rest.isEmpty {
        line(bytes.extracting(start..<index))
      } else {
        for position in start..<index { rest.append(bytes[position]) }
        let whole = rest
        rest.removeAll(keepingCapacity: true)
        line(whole.span)
      }
      start = index + 1
    }
    for position in start..<bytes.count { rest.append(bytes[position]) }
  }

  /// `ffffffff81000000 T name` or the same and `\t[module]`.
  private mutating func line(_ bytes: Span<UInt8>) {
    var value: UInt64 = 0
    var position = 0
    while position < bytes.count, let digit = Self.hexadecimal(bytes[position]) {
      value = value << 4 | UInt64(digit)
      position += 1
    }
    guard position > 0, position + 3 < bytes.count, value > 0 else { return }
    hasAddresses = true
    guard [UInt8(ascii: "t"), UInt8(ascii: "w")].contains(bytes[position + 1] | 0x20) else { return }
    // the first address at or above the symbol; those above that one are left to names()
    var low = 0
    var high = addresses.count
    while low < high {
      let middle = (low + high) / 2
      if addresses[middle] < value { low = middle + 1 } else { high = middle }
    }
    // of several names for a place the first one
    guard low < addresses.count, starts[low] < value else { return }
    starts[low] = value
    var end = position + 3
    while end < bytes.count, bytes[end] > UInt8(ascii: " ") { end += 1 }
    let name = bytes.extracting((position + 3)..<end)
    found[low] = String(decoding: (0..<name.count).map { name[$0] }, as: UTF8.self)
  }

  private static func hexadecimal(_ byte: UInt8) -> UInt8? {
    switch byte {
    case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
    case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
    default: nil
    }
  }

  /// The functions found, by address.
  package func names() -> [UInt64: String] {
    var result: [UInt64: String] = [:]
    var start: UInt64 = 0
    var name = ""
    for (index, address) in addresses.enumerated() {
      if starts[index] > start { (start, name) = (starts[index], found[index]) }
      if start > 0 && address - start < Self.longestFunction { result[address] = name }
    }
    return result
  }
}
