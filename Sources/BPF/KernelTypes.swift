internal import CLibbpf

/// What the running kernel's BTF says that programs cannot ask for themselves.
package enum KernelTypes {
  /// The value of an enumerator of whichever enum; nil where the kernel has none of that name, or no BTF.
  package static func enumerator(_ name: String) -> Int? {
    let value = wp_kernel_enumerator(name)
    return value < 0 ? nil : value
  }

  /// The same of several enumerators, which takes no longer than that of one; 0 for each function of that name.
  package static func values(_ names: [StaticString]) -> [Int?] {
    let pointers = names.map { name -> UnsafePointer<CChar>? in
      UnsafeRawPointer(name.utf8Start).assumingMemoryBound(to: CChar.self)
    }
    var values = [Int](repeating: -1, count: names.count)
    wp_kernel_values(pointers, pointers.count, &values)
    return values.map { $0 < 0 ? nil : $0 }
  }
}
