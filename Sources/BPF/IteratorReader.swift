internal import CLibbpf
internal import Glibc

/// Reads what an iterator program writes, one pass over all its objects at a time.
package struct IteratorReader: ~Copyable {
  private let link: OpaquePointer
  private let name: String
  private let buffer: UnsafeMutableRawBufferPointer

  /// `program` must be attached; borrowed from `object`, which must outlive it.
  package init(_ program: String, of object: borrowing ProgramObject) throws(BPFError) {
    guard let link = object.link(of: program) else {
      throw BPFError("iterate with \(program): it is not attached", errno: EINVAL)
    }
    self.link = link
    self.name = program
    self.buffer = .allocate(byteCount: 64 << 10, alignment: 8)
  }

  deinit { buffer.deallocate() }

  /// Runs one pass and hands over the bytes in pieces of whole records: the kernel gathers them in a buffer of eight pages
  /// (bpf_seq_read) and hands it over at once to a reader that has the room.
  package func pass(_ body: (UnsafeRawBufferPointer) -> Void) throws(BPFError) {
    let descriptor = bpf_iter_create(bpf_link__fd(link))
    if descriptor < 0 { throw BPFError("start the iterator \(name)", errno: descriptor) }
    defer { close(descriptor) }
    while true {
      let count = read(descriptor, buffer.baseAddress, buffer.count)
      if count < 0 {
        if errno == EINTR || errno == EAGAIN { continue }
        throw BPFError("read the iterator \(name)", errno: errno)
      }
      if count == 0 { return }
      body(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
    }
  }
}
