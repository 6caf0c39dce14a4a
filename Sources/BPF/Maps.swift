internal import CLibbpf

/// The number of CPUs the kernel could ever bring online: the length of every per-CPU array.
package enum PossibleCPUs {
  package static let count = max(1, Int(libbpf_num_possible_cpus()))
}

/// A map's name and limits, for the exporter's own metrics.
package struct MapDescription: Sendable, Hashable {
  package let name: String
  package let capacity: Int
  /// Whether entries come and go (a hash); arrays are always full.
  private let isHash: Bool
  private let descriptor: Int32
  private let keySize: UInt32
  private let valueSize: UInt32

  init(_ map: OpaquePointer) {
    let type = bpf_map__type(map)
    name = String(cString: bpf_map__name(map))
    capacity = Int(bpf_map__max_entries(map))
    descriptor = bpf_map__fd(map)
    keySize = bpf_map__key_size(map)
    // of the per-CPU values the kernel hands out all
    let values = type == BPF_MAP_TYPE_PERCPU_HASH ? PossibleCPUs.count : 1
    valueSize = bpf_map__value_size(map) * UInt32(values)
    isHash = [BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_PERCPU_HASH].contains(type)
  }

  /// Entries in use, counted in batches; the capacity of an array. nil where the kernel cannot say.
  package func entries() -> Int? {
    guard isHash else { return capacity }
    let count = wp_count_entries(descriptor, keySize, valueSize)
    return count < 0 ? nil : Int(count)
  }
}
