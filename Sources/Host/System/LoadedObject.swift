internal import CHost
internal import Glibc

/// An eBPF program or map that is loaded on the machine, whosever it is.
package struct LoadedObject: Sendable, Hashable {
  package enum Kind: Sendable {
    case program
    case map
  }

  /// The object with the next higher id; success without one: there is no more. Takes CAP_SYS_ADMIN.
  package typealias Next = @Sendable (Kind, _ after: UInt32) -> Result<LoadedObject?, SystemError>

  package let id: UInt32
  /// `bpf_prog_type` or `bpf_map_type`.
  package let type: UInt32
  /// At most 15 bytes; may be empty.
  package let name: String
  /// Of a program; both stand still while run-time statistics are off.
  package let runNanoseconds: UInt64
  package let runs: UInt64
  /// Of kernel memory; nil: it cannot be read.
  package let bytes: UInt64?

  package init(
    id: UInt32, type: UInt32, name: String, runNanoseconds: UInt64 = 0, runs: UInt64 = 0, bytes: UInt64? = nil
  ) {
    self.id = id
    self.type = type
    self.name = name
    self.runNanoseconds = runNanoseconds
    self.runs = runs
    self.bytes = bytes
  }

  /// Asks the kernel with this thread's own privileges.
  package static func next(paths: HostPaths) -> Next {
    let path = paths.proc("")
    return { kind, after in
      let place = Glibc.open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
      defer { if place >= 0 { close(place) } }
      var object = chost_bpf_object()
      return result(chost_bpf_next(place, kind == .map, after, &object), object)
    }
  }

  static func result(_ error: CInt, _ object: chost_bpf_object) -> Result<LoadedObject?, SystemError> {
    if error == -ENOENT { return .success(nil) }
    if error < 0 { return .failure(SystemError(-error, call: "bpf", path: "loaded programs and maps")) }
    let name = withUnsafeBytes(of: object.name) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    return .success(
      LoadedObject(
        id: object.id, type: object.type, name: name, runNanoseconds: object.run_time_ns, runs: object.runs,
        bytes: object.bytes == .max ? nil : object.bytes))
  }
}
