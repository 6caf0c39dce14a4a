internal import CLibbpf
internal import Glibc

/// A queue that programs take values from.
package struct QueueMap<Value: BitwiseCopyable>: ~Copyable {
  private let descriptor: Int32
  private let name: String

  /// Borrowed from `object`, which must outlive it.
  package init(_ map: String, of object: borrowing ProgramObject) throws(BPFError) {
    let found = try object.find(map)
    guard Int(bpf_map__value_size(found)) == MemoryLayout<Value>.size else {
      throw BPFError("map \(map): value size", errno: EINVAL)
    }
    descriptor = bpf_map__fd(found)
    name = map
  }

  /// Adds `value` at the end. Fails with E2BIG where the queue is full.
  package func push(_ value: Value) throws(BPFError) {
    var value = value
    let error = bpf_map_update_elem(descriptor, nil, &value, UInt64(BPF_ANY))
    if error != 0 { throw BPFError("push to map \(name)", errno: error) }
  }
}
