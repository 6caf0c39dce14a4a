internal import CLibbpf
internal import Glibc

extension ProgramObject {
  /// Empties its own hashes and queues and sets its own arrays to zero; constants and variables stay. To be called while it is detached.
  ///
  /// Task storage stays too, which nobody but its tasks can reach: a program that keeps times there ignores those from before
  /// it watched.
  ///
  /// - Throws: EOPNOTSUPP where it has a map of another kind, and what the kernel refuses.
  package func clear() throws(BPFError) {
    for map in ownMaps where !bpf_map__is_internal(map) {
      let error =
        switch bpf_map__type(map) {
        case BPF_MAP_TYPE_TASK_STORAGE: Int32(0)
        case BPF_MAP_TYPE_ARRAY, BPF_MAP_TYPE_PERCPU_ARRAY: Self.zero(map)
        case BPF_MAP_TYPE_QUEUE: Self.drain(map)
        case BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_PERCPU_HASH: Self.empty(map)
        default: -EOPNOTSUPP
        }
      if error != 0 { throw BPFError("clear map \(String(cString: bpf_map__name(map)))", errno: error) }
    }
  }

  private static func zero(_ map: OpaquePointer) -> Int32 {
    let isPerCPU = bpf_map__type(map) == BPF_MAP_TYPE_PERCPU_ARRAY
    // the kernel takes per-CPU values in steps of 8 bytes
    let size =
      isPerCPU ? (Int(bpf_map__value_size(map)) + 7) / 8 * 8 * PossibleCPUs.count : Int(bpf_map__value_size(map))
    let zeros = [UInt8](repeating: 0, count: size)
    for index in 0..<bpf_map__max_entries(map) {
      var key = index
      let error = bpf_map_update_elem(bpf_map__fd(map), &key, zeros, UInt64(BPF_ANY))
      if error != 0 { return error }
    }
    return 0
  }

  private static func drain(_ map: OpaquePointer) -> Int32 {
    var value = [UInt8](repeating: 0, count: Int(bpf_map__value_size(map)))
    var error: Int32 = 0
    while error == 0 { error = bpf_map_lookup_and_delete_elem(bpf_map__fd(map), nil, &value) }
    return error == -ENOENT ? 0 : error
  }

  private static func empty(_ map: OpaquePointer) -> Int32 {
    let descriptor = bpf_map__fd(map)
    var key = [UInt8](repeating: 0, count: Int(bpf_map__key_size(map)))
    var next = key
    var error = bpf_map_get_next_key(descriptor, nil, &key)
    while error == 0 {
      // asked before it goes: from a key that is gone the kernel begins at the first again
      error = bpf_map_get_next_key(descriptor, key, &next)
      let removal = bpf_map_delete_elem(descriptor, key)
      if removal != 0 && removal != -ENOENT { return removal }
      key = next
    }
    return error == -ENOENT ? 0 : error
  }
}
