internal import CLibbpf
internal import Glibc

/// A hash map, entry by entry.
package struct HashMap<Key: BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
  private let descriptor: Int32
  private let name: String

  /// Borrowed from `object`, which must outlive it.
  package init(_ map: String, of object: borrowing ProgramObject) throws(BPFError) {
    let found = try object.find(map)
    guard Int(bpf_map__value_size(found)) == MemoryLayout<Value>.stride,
      Int(bpf_map__key_size(found)) == MemoryLayout<Key>.size
    else { throw BPFError("map \(map): entry size", errno: EINVAL) }
    descriptor = bpf_map__fd(found)
    name = map
  }

  package func value(_ key: Key) -> Value? {
    var key = key
    return withUnsafeTemporaryAllocation(of: Value.self, capacity: 1) { buffer in
      bpf_map_lookup_elem(descriptor, &key, buffer.baseAddress) == 0 ? buffer.baseAddress?.pointee : nil
    }
  }

  /// Calls `body` with every entry, in no order: a few system calls instead of one for each.
  ///
  /// Returns false where the kernel refuses to hand out entries in batches, or a bucket holds more than a batch.
  package func forEach(_ body: (Key, Value) -> Void) -> Bool {
    let batch = 256
    return withUnsafeTemporaryAllocation(of: Key.self, capacity: batch) { keys in
      withUnsafeTemporaryAllocation(of: Value.self, capacity: batch) { values in
        var cursor: UInt64 = 0
        var state: Int32 = 1
        var isFirst = true
        while state == 1 {
          var count = UInt32(batch)
          state = wp_next_entries(descriptor, &cursor, isFirst, keys.baseAddress, values.baseAddress, &count)
          isFirst = false
          if state < 0 { return false }
          for index in 0..<Int(count) { body(keys[index], values[index]) }
        }
        return true
      }
    }
  }

  package func set(_ key: Key, _ value: Value) throws(BPFError) {
    var key = key
    var value = value
    let error = bpf_map_update_elem(descriptor, &key, &value, UInt64(BPF_ANY))
    if error != 0 { throw BPFError("update map \(name)", errno: error) }
  }

  package func remove(_ key: Key) {
    var key = key
    _ = bpf_map_delete_elem(descriptor, &key)
  }
}

/// A hash map whose every entry has a value of each possible CPU: counters that are read as their sums.
///
/// `Value` is a C struct of nothing but 64-bit counters.
package struct PerCPUHash<Key: BitwiseCopyable, Value: BitwiseCopyable>: ~Copyable {
  private let descriptor: Int32
  private let name: String
  private static var words: Int { MemoryLayout<Value>.stride / 8 }

  /// Borrowed from `object`, which must outlive it.
  package init(_ map: String, of object: borrowing ProgramObject) throws(BPFError) {
    let found = try object.find(map)
    guard Int(bpf_map__value_size(found)) == MemoryLayout<Value>.stride, MemoryLayout<Value>.stride % 8 == 0,
      Int(bpf_map__key_size(found)) == MemoryLayout<Key>.size
    else { throw BPFError("map \(map): entry size", errno: EINVAL) }
    descriptor = bpf_map__fd(found)
    name = map
  }

  /// Calls `body` with every entry, in no order: its key and its counters, added up over the CPUs.
  ///
  /// - Returns: false where the kernel refuses to hand out entries in batches, or a bucket holds more than a batch.
  package func forEach(_ body: (Key, Value) -> Void) -> Bool {
    let batch = 32
    let cpus = PossibleCPUs.count
    let words = Self.words
    return withUnsafeTemporaryAllocation(of: Key.self, capacity: batch) { keys in
      withUnsafeTemporaryAllocation(of: UInt64.self, capacity: batch * cpus * words) { values in
        var cursor: UInt64 = 0
        var state: Int32 = 1
        var isFirst = true
        while state == 1 {
          var count = UInt32(batch)
          state = wp_next_entries(descriptor, &cursor, isFirst, keys.baseAddress, values.baseAddress, &count)
          isFirst = false
          if state < 0 { return false }
          for index in 0..<Int(count) {
            let first = index * cpus * words
            for cpu in 1..<max(1, cpus) {
              for word in 0..<words { values[first + word] &+= values[first + cpu * words + word] }
            }
            let sum = UnsafeRawPointer(values.baseAddress! + first).load(as: Value.self)
            body(keys[index], sum)
          }
        }
        return true
      }
    }
  }

  /// Makes the entry of `key` with all counters 0, where there is none yet.
  package func create(_ key: Key) throws(BPFError) {
    var key = key
    let count = PossibleCPUs.count * Self.words
    let error = withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { zeros in
      zeros.initialize(repeating: 0)
      return bpf_map_update_elem(descriptor, &key, zeros.baseAddress, UInt64(BPF_NOEXIST))
    }
    if error != 0 && error != -EEXIST { throw BPFError("update map \(name)", errno: error) }
  }

  package func remove(_ key: Key) {
    var key = key
    _ = bpf_map_delete_elem(descriptor, &key)
  }

  /// Takes the entry of `key` away; returns its counters, added up over the CPUs, nil where there is none.
  package func take(_ key: Key) -> Value? {
    var key = key
    let words = Self.words
    let count = PossibleCPUs.count * words
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: count) { values in
      values.initialize(repeating: 0)
      // in one step from Linux 5.14 on
      if bpf_map_lookup_and_delete_elem(descriptor, &key, values.baseAddress) != 0 {
        let error = bpf_map_lookup_elem(descriptor, &key, values.baseAddress)
        _ = bpf_map_delete_elem(descriptor, &key)
        if error != 0 { return nil }
      }
      for index in words..<max(words, count) { values[index % words] &+= values[index] }
      return UnsafeRawPointer(values.baseAddress!).load(as: Value.self)
    }
  }
}
