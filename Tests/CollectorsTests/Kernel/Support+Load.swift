import Foundation
import Glibc
import Host

/// A load of known size (Tests/Support/Loads) in a process of its own: it waits until told to begin, and holds its figures as they
/// stand until it is let go.
final class Load {
  struct Failed: Error {
    let what: String
  }

  let pid: pid_t
  private var input: CInt
  private let output: CInt
  private var isReaped = false

  /// Policies by the numbers of sched(7).
  enum Policy: Int {
    case other = 0
    case fifo = 1
    case batch = 3
    case idle = 5
  }

  /// Starts the load and waits until it is ready.
  ///
  /// - Parameter nice: as of nice(1): with -20 it hardly waits for others.
  convenience init(_ mode: String, _ arguments: Any..., policy: Policy = .other, nice: Int = 0, cpu: Int? = nil) throws
  {
    var options = ["-p", "\(policy.rawValue)"]
    if nice != 0 { options += ["-n", "\(nice)"] }
    if let cpu { options += ["-c", "\(cpu)"] }
    try self.init(options + [mode] + arguments.map { "\($0)" })
  }

  /// The same in the network namespace of process `network`.
  convenience init(network: pid_t, _ mode: String, _ arguments: [Any]) throws {
    try self.init(["-N", "\(network)", mode] + arguments.map { "\($0)" })
  }

  private init(_ arguments: [String]) throws {
    _ = machineLock
    let words = ["loads"] + arguments
    let path = try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")
    let program = URL(fileURLWithPath: path).deletingLastPathComponent().appending(path: "loads").path

    var pipes: [CInt] = [0, 0, 0, 0]
    guard pipe(&pipes[0]) == 0, pipe(&pipes[2]) == 0 else { throw Failed(what: "pipe") }
    for descriptor in pipes { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
    input = pipes[1]
    output = pipes[2]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_adddup2(&actions, pipes[0], 0)
    posix_spawn_file_actions_adddup2(&actions, pipes[3], 1)
    var child: pid_t = 0
    var texts = words.map { strdup($0) } + [nil]
    let error = posix_spawn(&child, program, &actions, nil, &texts, environ)
    posix_spawn_file_actions_destroy(&actions)
    for text in texts { free(text) }
    close(pipes[0])
    close(pipes[3])
    pid = child
    if error != 0 { throw Failed(what: "\(program): \(String(cString: strerror(error)))") }
    try expect("ready")
  }

  deinit {
    if !isReaped {
      kill()
    }
    close(output)
  }

  func begin() { _ = write(input, "\n", 1) }

  func waitUntilDone() throws { try expect("done") }

  func run() throws {
    begin()
    try waitUntilDone()
  }

  /// Lets it go and waits for its end: its status, and the CPU time it and its own children used.
  @discardableResult
  func end() -> (status: CInt, cpuNanoseconds: UInt64) {
    if input >= 0 { close(input) }
    input = -1
    var status: CInt = 0
    var usage = rusage()
    if !isReaped { wait4(pid, &status, 0, &usage) }
    isReaped = true
    let seconds = usage.ru_utime.tv_sec + usage.ru_stime.tv_sec
    let micros = usage.ru_utime.tv_usec + usage.ru_stime.tv_usec
    return (status, UInt64(seconds) * 1_000_000_000 + UInt64(micros) * 1_000)
  }

  /// Ends it at once.
  func kill() {
    Glibc.kill(pid, SIGKILL)
    end()
  }

  private func expect(_ word: String) throws {
    var line = ""
    var byte: UInt8 = 0
    while read(output, &byte, 1) == 1, byte != UInt8(ascii: "\n") { line.append(Character(Unicode.Scalar(byte))) }
    if line != word { throw Failed(what: "the load said \"\(line)\", not \"\(word)\"") }
  }
}

/// What the scheduler itself keeps of a process (`/proc/<pid>/task/*/schedstat`), over its living threads.
struct SchedulingFigures {
  private(set) var ran: UInt64 = 0
  private(set) var waited: UInt64 = 0
  private(set) var slices: UInt64 = 0

  init(_ pid: pid_t) throws {
    let tasks = "/proc/\(pid)/task"
    for thread in try FileManager.default.contentsOfDirectory(atPath: tasks) {
      let text = try String(contentsOfFile: "\(tasks)/\(thread)/schedstat", encoding: .utf8)
      let words = text.split(whereSeparator: \.isWhitespace).compactMap { UInt64($0) }
      guard words.count == 3 else { throw Load.Failed(what: "schedstat of \(thread)") }
      ran += words[0]
      waited += words[1]
      slices += words[2]
    }
  }
}

/// The CPUs this process may use, in rising order.
let usableCPUs: [Int] = {
  let status = (try? String(contentsOfFile: "/proc/self/status", encoding: .utf8)) ?? ""
  let line = status.split(separator: "\n").first { $0.hasPrefix("Cpus_allowed_list:") }
  let list = line.map { Array($0.utf8.drop { $0 < UInt8(ascii: "0") || $0 > UInt8(ascii: "9") }) } ?? []
  return (try? CPUList.parse(list.span, path: "status")) ?? [0]
}()

/// Binds the calling thread to these CPUs.
func stay(on cpus: [Int]) {
  // Glibc's module has it for _GNU_SOURCE only
  typealias SetAffinity = @convention(c) (pid_t, Int, UnsafeRawPointer) -> CInt
  let bind = unsafeBitCast(dlsym(dlopen(nil, RTLD_NOW), "sched_setaffinity"), to: SetAffinity.self)
  var set = [UInt8](repeating: 0, count: 1024)
  for cpu in cpus { set[cpu / 8] |= 1 << (cpu % 8) }
  precondition(bind(0, set.count, set) == 0)
}

/// Held from the first load on until this process ends: two runs of these tests on one machine would count each other's
/// loads. Who waits too long goes on all the same.
let machineLock: CInt = {
  let file = open("/tmp/wattprobe-kernel-tests.lock", O_CREAT | O_RDWR | O_CLOEXEC, 0o600)
  for _ in 0..<300 where flock(file, LOCK_EX | LOCK_NB) != 0 { sleep(1) }
  return file
}()
