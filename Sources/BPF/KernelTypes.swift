internal import CLibbpf

/// What the running kernel's BTF says that programs cannot ask for themselves.
package enum KernelTypes {
  /// The values of enumerators of whichever enum, which takes no longer than that of one; nil where the kernel has none of
  /// that name, or no BTF.
  package static func values(_ names: [StaticString]) -> [Int?] {
    let pointers = names.map { name -> UnsafePointer<CChar>? in
      UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
    var values = [Int](repeating: -1, count: names.count)
    wp_kernel_values(pointers, pointers.count, &values)
    return values.map { $0 < 0 ? nil : $0 }
  }

  /// Keeps the kernel's BTF once it is parsed, for all objects that are loaded from here on: it takes several megabytes, and
  /// milliseconds for each time. To be released after the last of them.
  package static func keep() { wp_kernel_btf_keep() }

  /// Frees what `keep()` kept. Objects can be loaded afterwards, too.
  package static func release() { wp_kernel_btf_release() }

  /// How often the kernel's BTF has been parsed.
  static var parses: Int { Int(wp_kernel_btf_parses()) }
}
