import Glibc

/// Tells systemd how the service is doing (sd_notify(3)); silent where nobody listens.
struct SystemdNotifier: Sendable {
  /// Open for as long as the process runs; nil where nobody listens.
  private let descriptor: Int32?

  /// Connects, which takes the rights of whoever started the program: to be done before those go.
  init(environment: String? = getenv("NOTIFY_SOCKET").map { String(cString: $0) }) {
    descriptor = environment.flatMap(Self.connect)
  }

  private static func connect(to path: String) -> Int32? {
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    var bytes = Array(path.utf8)
    let room = MemoryLayout.size(ofValue: address.sun_path)
    guard !bytes.isEmpty, bytes.count < room else { return nil }
    // an abstract name begins with NUL, which the variable shows as @
    if bytes[0] == UInt8(ascii: "@") { bytes[0] = 0 }
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
    let length = socklen_t(MemoryLayout<sa_family_t>.size + bytes.count)

    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return nil }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { Glibc.connect(descriptor, $0, length) }
    }
    if result == 0 { return descriptor }
    close(descriptor)
    return nil
  }

  func send(_ state: String) {
    guard let descriptor else { return }
    let message = Array(state.utf8)
    _ = Glibc.send(descriptor, message, message.count, Int32(MSG_NOSIGNAL))
  }
}

/// The listening sockets systemd passed (sd_listen_fds(3)).
enum SystemdSockets {
  private static let first: Int32 = 3
  private static let most: Int32 = 128

  static func take() throws -> [Int32] {
    func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
    guard let owner = variable("LISTEN_PID").flatMap({ Int32($0) }), owner == getpid(),
      let count = variable("LISTEN_FDS").flatMap({ Int32($0) }), count > 0
    else {
      throw StartError(
        "--web.systemd-socket: systemd passed no socket",
        cure: "start the service by its socket unit, or give --web.listen-address instead")
    }
    unsetenv("LISTEN_PID")
    unsetenv("LISTEN_FDS")
    guard count <= most else {
      throw StartError(
        "--web.systemd-socket: LISTEN_FDS is \(count), and \(most) sockets are the most there can be",
        cure: "start the service by its socket unit")
    }
    let descriptors = Array(first..<(first + count))
    for descriptor in descriptors { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    return descriptors
  }
}
