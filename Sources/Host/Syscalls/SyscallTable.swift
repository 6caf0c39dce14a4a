/// The system calls of one architecture: names and categories by number.
///
/// It knows the native calls only. Those of 32-bit programs on a 64-bit kernel, and x32 ones (bit 30 set), have numbers
/// of their own: whoever counts by number keeps them apart, or counts them as unknown.
package struct SyscallTable: Sendable {
  /// What a call without a name is called in a label.
  package static let unknown = "unknown"

  /// The table of the architecture this program is built for.
  package static var native: SyscallTable {
    #if arch(x86_64)
      x86_64
    #elseif arch(arm64)
      arm64
    #else
      #error("no table of system calls for this architecture")
    #endif
  }

  private let names: [String?]
  private let categories: [SyscallCategory]

  /// The highest number that has a name. A newer kernel may have calls past it.
  package var highest: Int { names.count - 1 }

  /// The name of a call as in the kernel's own table, without `sys_`. Nil in a gap and past the table.
  package func name(_ number: Int) -> String? { names.indices.contains(number) ? names[number] : nil }

  /// What stands for a call in a label, one of a bounded number of texts: its name; past the table, where a newer kernel has
  /// calls, its number, as long as that is below `end`; `unknown` for any other.
  package func label(_ number: Int, end: Int) -> String {
    name(number) ?? (number > highest && number < end ? "\(number)" : Self.unknown)
  }

  /// The category of a call; `other` for an unknown one.
  package func category(_ number: Int) -> SyscallCategory {
    categories.indices.contains(number) ? categories[number] : .other
  }

  /// A table from text: in each line the first number, then the names of that call and of those that follow it.
  init(_ text: StaticString) {
    var names: [String?] = []
    for line in text.description.split(separator: "\n") {
      for (index, word) in line.split(separator: " ").enumerated() {
        if index > 0 {
          names.append(String(word))
        } else if let first = Int(word), first >= names.count {
          names.append(contentsOf: repeatElement(nil, count: first - names.count))
        } else {
          preconditionFailure("a line of system calls must begin with a number past those before it")
        }
      }
    }
    self.names = names
    categories = names.map { $0.flatMap(SyscallCategory.of) ?? .other }
  }
}
