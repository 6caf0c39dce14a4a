internal import CLibbpf

/// What types of programs and maps are called, by libbpf.
package enum TypeNames {
  /// Of types that are newer than libbpf.
  package static let unknown = "unknown"

  /// Of a `bpf_prog_type`, such as `tracing`.
  package static func program(_ type: UInt32) -> String {
    libbpf_bpf_prog_type_str(bpf_prog_type(rawValue: type)).map { String(cString: $0) } ?? unknown
  }

  /// Of a `bpf_map_type`, such as `percpu_hash`.
  package static func map(_ type: UInt32) -> String {
    libbpf_bpf_map_type_str(bpf_map_type(rawValue: type)).map { String(cString: $0) } ?? unknown
  }
}
