internal import CLibbpf

/// What the running kernel's BTF says that programs cannot ask for themselves.
package enum KernelTypes {
  /// The value of an enumerator of whichever enum; nil where the kernel has none of that name, or no BTF.
  package static func enumerator(_ name: String) -> Int? {
    let value = wp_kernel_enumerator(name)
    return value < 0 ? nil : value
  }
}
