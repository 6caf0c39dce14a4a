import Foundation
import Glibc

/// A file of a test that is gone with this object. On the file system of `folder`.
final class TestFile {
  let path: String
  let size: Int

  init(_ size: Int, in folder: String = "/var/tmp", sparse: Bool = false) throws {
    self.size = size
    path = "\(folder)/wattprobe-test-\(getpid())-\(UInt32.random(in: .min ... .max))"
    let file = open(path, O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
    defer { close(file) }
    guard file >= 0, ftruncate(file, size) == 0 else { throw Load.Failed(what: path) }
    if sparse { return }
    let bytes = [UInt8](repeating: 0x5a, count: 1 << 20)
    for offset in stride(from: 0, to: size, by: bytes.count) {
      guard pwrite(file, bytes, min(bytes.count, size - offset), offset) > 0 else { throw Load.Failed(what: path) }
    }
    fsync(file)
  }

  deinit { unlink(path) }

  /// Takes its pages out of memory.
  func drop() {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    fsync(file)
    posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED)
    close(file)
  }

  /// Reads all of it, `chunk` bytes at a time.
  func read(chunk: Int) {
    let file = open(path, O_RDONLY | O_CLOEXEC)
    defer { close(file) }
    var bytes = [UInt8](repeating: 0, count: chunk)
    while Glibc.read(file, &bytes, chunk) > 0 {}
  }
}

/// A loop device over a file; nothing but its test uses it.
final class LoopDevice {
  let path: String
  private let file: TestFile
  private var isAttached = true
  /// Attributes of the queue as they were: the device outlives its file.
  private var before: [String: String] = [:]

  var name: String { String(path.dropFirst("/dev/".count)) }

  /// - Parameter number: of a device that is made for it; nil: one that is free.
  init(_ file: TestFile, number: Int? = nil, arguments: [String] = []) throws {
    self.file = file
    if let number {
      path = "/dev/loop\(number)"
      try Self.control(0x4c80, number)
      try Shell.run(["losetup"] + arguments + [path, file.path])
    } else {
      path = try Shell.run(["losetup", "-f", "--show"] + arguments + [file.path])
    }
  }

  deinit { detach() }

  func detach() {
    if !isAttached { return }
    for (attribute, value) in before { try? write(attribute, value) }
    _ = try? Shell.run(["losetup", "-d", path])
    isAttached = false
  }

  /// Takes the device itself away, after it was detached.
  static func remove(_ number: Int) throws {
    // udev may look at it for a moment
    for _ in 0..<100 {
      if (try? control(0x4c81, number)) != nil { return }
      usleep(20_000)
    }
    try control(0x4c81, number)
  }

  private static func control(_ request: UInt, _ number: Int) throws {
    let file = open("/dev/loop-control", O_RDWR | O_CLOEXEC)
    defer { close(file) }
    guard ioctl(file, request, CInt(number)) >= 0 || errno == EEXIST else {
      throw Load.Failed(what: "loop-control: \(String(cString: strerror(errno)))")
    }
  }

  /// Sets an attribute of the queue until the device is detached.
  func set(_ attribute: String, _ value: String) throws {
    let text = try String(contentsOfFile: "/sys/block/\(name)/queue/\(attribute)", encoding: .utf8)
    // of several words, the one in brackets is chosen
    let chosen = text.split { " \n".contains($0) }.first { $0.hasPrefix("[") }?.dropFirst().dropLast()
    if before[attribute] == nil { before[attribute] = String(chosen ?? Substring(text)) }
    try write(attribute, value)
  }

  private func write(_ attribute: String, _ value: String) throws {
    try value.write(toFile: "/sys/block/\(name)/queue/\(attribute)", atomically: false, encoding: .utf8)
  }
}

#if arch(arm64)
  private let direct: CInt = 0o200000
#else
  private let direct: CInt = 0o40000
#endif

/// Requests that go past the page cache, one at a time, `size` bytes each, from the beginning on.
///
/// - Returns: how many failed.
@discardableResult
func directRequests(_ path: String, writing: Bool, size: Int, count: Int, flags: CInt = 0) throws -> Int {
  let file = open(path, (writing ? O_WRONLY : O_RDONLY) | direct | O_CLOEXEC | flags)
  guard file >= 0 else { throw Load.Failed(what: "\(path): \(String(cString: strerror(errno)))") }
  defer { close(file) }
  let memory = UnsafeMutableRawPointer.allocate(byteCount: size, alignment: 4096)
  defer { memory.deallocate() }
  memory.initializeMemory(as: UInt8.self, repeating: 0xa5, count: size)
  var failed = 0
  for index in 0..<count {
    let done = writing ? pwrite(file, memory, size, index * size) : pread(file, memory, size, index * size)
    if done != size { failed += 1 }
  }
  return failed
}

enum Shell {
  /// What a command writes, without its last newline.
  @discardableResult
  static func run(_ words: [String]) throws -> String {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = words
    process.environment = ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"]
    let output = Pipe()
    process.standardOutput = output
    try process.run()
    let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
    process.waitUntilExit()
    guard process.terminationStatus == 0 else { throw Load.Failed(what: words.joined(separator: " ")) }
    return text.trimmingCharacters(in: .newlines)
  }
}

/// A line of `/proc/diskstats`.
struct DiskFigures {
  private(set) var columns: [UInt64] = []

  init(_ disk: String) throws {
    let text = try String(contentsOfFile: "/proc/diskstats", encoding: .utf8)
    for line in text.split(separator: "\n") {
      let words = line.split(separator: " ")
      if words[2] == disk { columns = words.dropFirst(3).map { UInt64($0) ?? 0 } }
    }
    guard columns.count >= 17 else { throw Load.Failed(what: "no \(disk) in /proc/diskstats") }
  }

  /// First column of each operation: requests, merges, sectors, milliseconds; flushes have the first and the last only.
  private static let first = ["read": 0, "write": 4, "discard": 11]

  func requests(_ operation: String) -> UInt64 { columns[Self.first[operation] ?? 15] }
  func bytes(_ operation: String) -> UInt64 { Self.first[operation].map { columns[$0 + 2] * 512 } ?? 0 }
  func milliseconds(_ operation: String) -> UInt64 { columns[Self.first[operation].map { $0 + 3 } ?? 16] }
}
