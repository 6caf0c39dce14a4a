internal import CHost

/// Descriptors that are waited for as one: epoll(7).
package struct WaitSet: ~Copyable {
  private let descriptor: FileDescriptor

  /// - Parameter descriptors: not owned; no regular files.
  package init(_ descriptors: [CInt]) throws(SystemError) {
    let result = chost_wait_set(descriptors, CInt(descriptors.count))
    guard result >= 0 else { throw SystemError(-result, call: "epoll_ctl", path: "descriptors to wait for") }
    descriptor = FileDescriptor(owning: result)
  }

  /// Can be read once one of them can, or has ended.
  package var rawValue: CInt { descriptor.rawValue }
}
