import Glibc

/// Directory listings.
package enum Directory {
  /// The names in the directory, without `.` and `..`, in no order.
  package static func names(_ path: String) throws(SystemError) -> [String] {
    var names: [String] = []
    try forEach(path) { names.append(String(cString: $0)) }
    return names
  }

  /// How many entries the directory has, without `.` and `..`.
  package static func count(_ path: String) throws(SystemError) -> Int {
    var count = 0
    try forEach(path) { _ in count += 1 }
    return count
  }

  /// The names in a directory that may be missing, such as that of a class of devices in sysfs: none then. What else keeps it
  /// from being listed is the problem.
  static func optionalNames(_ path: String) -> (names: [String], problems: [HostError]) {
    do throws(SystemError) {
      return (try names(path), [])
    } catch {
      let problem = HostError.system(error)
      return ([], problem.isAbsence ? [] : [problem])
    }
  }

  private static func forEach(_ path: String, _ body: (UnsafePointer<CChar>) -> Void) throws(SystemError) {
    guard let stream = opendir(path) else { throw SystemError(errno, call: "opendir", path: path) }
    defer { closedir(stream) }
    while true {
      errno = 0
      guard let entry = readdir(stream) else {
        if errno != 0 { throw SystemError(errno, call: "readdir", path: path) }
        return
      }
      let name = UnsafeRawPointer(entry).advanced(by: MemoryLayout<dirent>.offset(of: \.d_name)!)
        .assumingMemoryBound(to: CChar.self)
      if strcmp(name, ".") != 0 && strcmp(name, "..") != 0 { body(name) }
    }
  }
}
