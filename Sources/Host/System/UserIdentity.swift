internal import ByteText
internal import CHost
internal import Glibc
internal import Synchronization

/// A user and a group to run as.
package struct UserIdentity: Sendable, Hashable, CustomStringConvertible {
  package let user: UInt32
  package let group: UInt32
  /// As the system's list of users has it; nil where it has none of that number.
  package let name: String?

  package init(user: UInt32, group: UInt32, name: String? = nil) {
    self.user = user
    self.group = group
    self.name = name
  }

  package var isRoot: Bool { user == 0 }

  /// `nobody (65534:65534)`
  package var description: String { name.map { "\($0) (\(user):\(group))" } ?? "\(user):\(group)" }

  /// The user of that name, or of that number: `UID`, or `UID:GID` for another group than the user's own. Nil where there is
  /// no user of that name, or it is no number of a user. A number needs to be nobody's.
  package static func find(_ text: String) -> UserIdentity? {
    let parts = text.split(at: ":", omittingEmptySubsequences: false)
    guard let user = identifier(parts[0]) else { return parts.count == 1 ? record(named: text) : nil }
    let record = record(of: user)
    switch parts.count {
    case 1: return record ?? UserIdentity(user: user, group: user)
    case 2:
      guard let group = identifier(parts[1]) else { return nil }
      return UserIdentity(user: user, group: group, name: record?.name)
    default: return nil
    }
  }

  /// Whom a program runs as that was started by root without being told: the first of `wattprobe` and `nobody` that there
  /// is, or the kernel's own number for nobody.
  package static var ordinary: UserIdentity {
    find("wattprobe").flatMap { $0.isRoot ? nil : $0 } ?? find("nobody").flatMap { $0.isRoot ? nil : $0 }
      ?? UserIdentity(user: 65534, group: 65534)
  }

  /// Digits alone; all ones mean "no change" to the kernel.
  private static func identifier(_ text: Substring) -> UInt32? {
    guard !text.isEmpty, text.utf8.allSatisfy({ UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0 }) else { return nil }
    return UInt32(text).flatMap { $0 == .max ? nil : $0 }
  }

  private static func record(named name: String) -> UserIdentity? {
    record { getpwnam_r(name, $0, $1, $2, $3) }
  }

  private static func record(of user: UInt32) -> UserIdentity? {
    record { getpwuid_r(user, $0, $1, $2, $3) }
  }

  private static func record(
    _ look: (
      UnsafeMutablePointer<passwd>, UnsafeMutablePointer<CChar>, Int,
      UnsafeMutablePointer<UnsafeMutablePointer<passwd>?>
    ) -> CInt
  ) -> UserIdentity? {
    var size = 4096
    while size <= 1 << 20 {
      var entry = passwd()
      var found: UnsafeMutablePointer<passwd>?
      var buffer = [CChar](repeating: 0, count: size)
      let (code, identity) = buffer.withUnsafeMutableBufferPointer { buffer in
        let code = look(&entry, buffer.baseAddress!, buffer.count, &found)
        let identity = found.map {
          UserIdentity(user: $0.pointee.pw_uid, group: $0.pointee.pw_gid, name: String(cString: $0.pointee.pw_name))
        }
        return (code, identity)
      }
      if code != ERANGE { return code == 0 ? identity : nil }
      size *= 4
    }
    return nil
  }
}

extension UserIdentity {
  /// Whom the process was started by.
  package static var current: UserIdentity { UserIdentity(user: geteuid(), group: getegid()) }

  private static let settled = Mutex<UserIdentity?>(nil)

  /// Whom every thread becomes that gives up its privileges (`Capabilities.restrict`); nil: it stays who it is. To be set
  /// before there is a second thread.
  package static var toBecome: UserIdentity? {
    get { settled.withLock { $0 } }
    set { settled.withLock { $0 = newValue } }
  }

  /// What keeps this process, which is root, from becoming that user; nil where nothing does.
  package var obstacle: String? {
    if !Capabilities.effective.isSuperset(of: [.setUID, .setGID]) { return "CAP_SETUID or CAP_SETGID is missing" }
    for (file, number) in [("uid_map", user), ("gid_map", group)] {
      guard let map = try? SmallFile.text("/proc/self/" + file) else { continue }
      if !Self.maps(number, in: map) { return "the user namespace has no \(number) (/proc/self/\(file))" }
    }
    return nil
  }

  /// Whether a line of `map` has the number: the first inside the namespace, the first outside, how many (user_namespaces(7)).
  static func maps(_ number: UInt32, in map: String) -> Bool {
    map.split(at: "\n").contains { line in
      let numbers = line.split(at: " ").compactMap { UInt64($0) }
      guard numbers.count == 3 else { return false }
      return UInt64(number) >= numbers[0] && UInt64(number) - numbers[0] < numbers[2]
    }
  }
}
