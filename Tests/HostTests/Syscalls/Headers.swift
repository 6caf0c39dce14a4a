import Foundation

/// The kernel's headers where this machine has them.
enum Headers {
  static let x86_64 = "asm/unistd_64.h"
  static let generic = "asm-generic/unistd.h"

  /// Nil where it is not installed, and for another architecture's.
  static func text(_ header: String) -> String? {
    #if !arch(x86_64)
      if header == x86_64 { return nil }
    #endif
    for folder in ["/usr/include/x86_64-linux-gnu/", "/usr/include/"] {
      if let text = try? String(contentsOfFile: folder + header, encoding: .utf8) { return text }
    }
    return nil
  }

  /// What `#define <prefix><name> <number>` defines.
  static func numbers(_ text: String, prefixes: [String]) -> [(number: Int, name: String)] {
    text.split(separator: "\n").compactMap { line in
      let words = line.split(whereSeparator: \.isWhitespace)
      guard words.count >= 3, words[0] == "#define", let number = Int(words[2]),
        let prefix = prefixes.first(where: { words[1].hasPrefix($0) })
      else { return nil }
      return (number, String(words[1].dropFirst(prefix.count)))
    }
  }
}
