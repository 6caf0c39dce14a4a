internal import CLibbpf
internal import Glibc

/// What the kernel asks of a process that reads maps it has open.
package enum MapAccess {
  /// Whether reading a map takes CAP_BPF (kernels before 5.19 with unprivileged eBPF off): asked with a descriptor that
  /// cannot be one, which a permitted caller is told.
  package static func needsCapability() -> Bool {
    var key: UInt32 = 0
    var value: UInt64 = 0
    let error = bpf_map_lookup_elem(-1, &key, &value)
    return error == -EPERM || (error != 0 && Glibc.errno == EPERM)
  }
}
