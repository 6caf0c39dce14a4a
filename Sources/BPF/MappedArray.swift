internal import BPFPrograms
internal import CLibbpf
internal import Glibc

/// An array map seen through mmap: one element per CPU, read without a system call while the kernel goes on writing.
///
/// `Element` is the C struct of the map's value; its stride is checked against the map. Fine slots lie behind it where
/// `ProgramObject.refine` made room for them.
package struct MappedArray<Element: BitwiseCopyable>: ~Copyable {
  package let count: Int
  /// Whether elements have fine slots.
  package let isFine: Bool
  private let base: UnsafeRawPointer
  /// Bytes from one element to the next.
  private let stride: Int
  private let length: Int

  package init(_ map: String, of object: borrowing ProgramObject) throws(BPFError) {
    let found = try object.find(map)
    let size = Int(bpf_map__value_size(found))
    guard size == MemoryLayout<Element>.stride || size == FineSlots.size(of: MemoryLayout<Element>.stride) else {
      throw BPFError("map \(map): element size", errno: EINVAL)
    }
    let count = Int(bpf_map__max_entries(found))
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let length = (size * count + page - 1) / page * page
    guard let address = mmap(nil, length, PROT_READ, MAP_SHARED, bpf_map__fd(found), 0), address != MAP_FAILED else {
      throw BPFError("mmap map \(map)", errno: Glibc.errno)
    }
    self.count = count
    self.length = length
    stride = size
    isFine = size != MemoryLayout<Element>.stride
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
    precondition(index >= 0 && index < count && offset >= 0 && offset + 8 <= stride)
    return wp_load((base + index * stride + offset).assumingMemoryBound(to: UInt64.self))
  }

  /// The counter at `offset`, summed over all CPUs.
  package func sum(offset: Int) -> UInt64 {
    var total: UInt64 = 0
    for index in 0..<count { total &+= load(index, offset: offset) }
    return total
  }

  /// Adds the `words` counters from `offset` on to `totals`, over all CPUs.
  package func addWords(at offset: Int, to totals: inout [UInt64]) {
    for index in 0..<count { addWords(of: index, at: offset, to: &totals) }
  }

  /// Adds the `words` counters from `offset` on of element `index` to `totals`.
  package func addWords(of index: Int, at offset: Int, to totals: inout [UInt64]) {
    for word in totals.indices { totals[word] &+= load(index, offset: offset + word * 8) }
  }

  /// The byte at which the fine slots of the slot at byte `offset` of an element begin.
  package func fineOffset(of offset: Int) -> Int { MemoryLayout<Element>.stride + offset * Int(FINE_SLOTS) }

  /// A consistent copy of the struct at `offset` whose first word is its head and last its tail; nil where the writer
  /// was never at rest.
  package func copySequenced<Part: BitwiseCopyable>(_ index: Int, offset: Int, as: Part.Type) -> Part? {
    let source = (base + index * stride + offset).assumingMemoryBound(to: UInt64.self)
    return withUnsafeTemporaryAllocation(of: UInt64.self, capacity: MemoryLayout<Part>.size / 8) { words in
      guard let copy = words.baseAddress, wp_copy_sequenced(source, copy, words.count) else { return nil }
      return UnsafeRawPointer(copy).load(as: Part.self)
    }
  }
}

/// Where histograms are fine (bpf/include/layouts/histogram.h).
enum FineSlots {
  /// How many bytes an element of `size` bytes takes with its fine slots behind it.
  static func size(of size: Int) -> Int { size * (1 + Int(FINE_SLOTS)) }
}
