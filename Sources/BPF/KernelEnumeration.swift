internal import CLibbpf
internal import Glibc

/// The enumerations of the running kernel, as its BTF has them.
package enum KernelEnumeration {
  /// The enumerators of each of `names` (without `enum`) by value; one the kernel does not have is empty.
  ///
  /// Takes some milliseconds: the kernel's whole BTF is read.
  package static func enumerators(of names: [String]) throws(BPFError) -> [[Int: String]] {
    guard let btf = btf__load_vmlinux_btf() else { throw BPFError("read the kernel's BTF", errno: Glibc.errno) }
    defer { btf__free(btf) }
    return names.map { name in
      let id = btf__find_by_name_kind(btf, name, UInt32(BTF_KIND_ENUM))
      guard id > 0, let type = btf__type_by_id(btf, UInt32(id)) else { return [:] }
      // they follow their type in memory, as many as its lower 16 bits say
      let count = Int(type.pointee.info & 0xffff)
      let first = UnsafeRawPointer(type + 1).assumingMemoryBound(to: btf_enum.self)
      var result: [Int: String] = [:]
      for enumerator in UnsafeBufferPointer(start: first, count: count) {
        guard let text = btf__name_by_offset(btf, enumerator.name_off) else { continue }
        result[Int(enumerator.val)] = String(cString: text)
      }
      return result
    }
  }
}
