internal import CLibbpf
internal import Glibc

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
    valueSize = bpf_map__value_size(map)
    isHash = type == BPF_MAP_TYPE_HASH || type == BPF_MAP_TYPE_LRU_HASH
  }

  /// Entries in use, counted in batches; the capacity of an array. nil where the kernel cannot say.
  package func entries() -> Int? {
    guard isHash else { return capacity }
    let count = wp_count_entries(descriptor, keySize, valueSize)
    return count < 0 ? nil : Int(count)
  }
}

/// An array map seen through mmap: one element per CPU, read without a system call while the kernel goes on writing.
///
/// `Element` is the C struct of the map's value; its stride is checked against the map.
package struct MappedArray<Element: BitwiseCopyable>: ~Copyable {
  package let count: Int
  private let base: UnsafeRawPointer
  private let length: Int

  package init(_ map: String, of object: borrowing ProgramObject) throws(BPFError) {
    let found = try object.find(map)
    let size = Int(bpf_map__value_size(found))
    guard size == MemoryLayout<Element>.stride else { throw BPFError("map \(map): element size", errno: EINVAL) }
    let count = Int(bpf_map__max_entries(found))
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let length = (size * count + page - 1) / page * page
    guard let address = mmap(nil, length, PROT_READ, MAP_SHARED, bpf_map__fd(found), 0), address != MAP_FAILED else {
      throw BPFError("mmap map \(map)", errno: Glibc.errno)
    }
    self.count = count
    self.length = length
    self.base = UnsafeRawPointer(address)
  }

  deinit { munmap(UnsafeMutableRawPointer(mutating: base), length) }

  /// One 64-bit counter of element `index`, as it is at this moment.
  package func load(_ index: Int, _ member: KeyPath<Element, UInt64>) -> UInt64 {
    load(index, offset: MemoryLayout<Element>.offset(of: member) ?? 0)
  }

  /// The 64-bit counter at byte `offset` of element `index`.
  @inline(__always)
  package func load(_ index: Int, offset: Int) -> UInt64 {
    precondition(index >= 0 && index < count && offset >= 0 && offset + 8 <= MemoryLayout<Element>.size)
    return wp_load((base + index * MemoryLayout<Element>.stride + offset).assumingMemoryBound(to: UInt64.self))
  }

  /// The counter at `offset`, summed over all CPUs.
  package func sum(offset: Int) -> UInt64 {
    var total: UInt64 = 0
    for index in 0..<count { total &+= load(index, offset: offset) }
    return total
  }

  /// Adds the `words` counters from `offset` on to `totals`, over all CPUs.
  package func addWords(at offset: Int, to totals: inout [UInt64]) {
    for index in 0..<count {
      for word in totals.indices { totals[word] &+= load(index, offset: offset + word * 8) }
    }
  }

  /// A consistent copy of the struct at `offset` whose first word is its head and last its tail; nil where the writer
  /// was never at rest.
  package func copySequenced<Part: BitwiseCopyable>(_ index: Int, offset: Int, as: Part.Type) -> Part? {
    let source = (base + index * MemoryLayout<Element>.stride + offset).assumingMemoryBound(to: UInt64.self)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: MemoryLayout<Part>.size / 8) { words in
      guard let copy = words.baseAddress, wp_copy_sequenced(source, copy, words.count) else { return nil }
      return UnsafeRawPointer(copy).load(as: Part.self)
    }
  }
}

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
