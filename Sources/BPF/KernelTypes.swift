internal import CLibbpf

/// What the running kernel's BTF says that programs cannot ask for themselves.
package enum KernelTypes {
  /// The value of an enumerator of whichever enum; nil where the kernel has none of that name, or no BTF.
  package static func enumerator(_ name: String) -> Int? {
    let value = wp_kernel_enumerator(name)
    return value < 0 ? nil : value
  }

  /// Keeps the kernel's BTF once it is parsed, for all objects that are loaded from here on: it takes several megabytes, and
  /// milliseconds for each time. To be released after the last of them.
  package static func keep() { wp_kernel_btf_keep() }

  /// Frees what `keep()` kept. Objects can be loaded afterwards, too.
  package static func release() { wp_kernel_btf_release() }

  /// How often the kernel's BTF has been parsed.
  static var parses: Int { Int(wp_kernel_btf_parses()) }
}
