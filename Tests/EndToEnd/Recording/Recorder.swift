import Fixtures
import Foundation
import Glibc
import Machine
import Testing

/// `wattprobe record`, as tests start it: without the machine's own sensors, with few collectors.
enum Recorder {
  static let few = [
    "--collector.disable-defaults", "--collector.sched", "--collector.syscalls", "--path.sysfs", GuestSysfs.path,
  ]

  /// All that a report shows, energy by the model.
  static let all = [
    "--collector.loadtracking", "--energy.model", "skylake", "--path.sysfs", GuestSysfs.path,
    "--energy.nvml-library", "libnvidia-ml-of-nobody.so",
  ]

  static func start(_ arguments: [String], through wrapper: [String] = []) throws -> RunningProgram {
    let line = wrapper + [Executable.wattprobe, "record"] + arguments
    return try RunningProgram(line[0], Array(line.dropFirst()))
  }

  /// Records to the end.
  static func run(_ arguments: [String], through wrapper: [String] = []) async throws -> Outcome {
    try await start(arguments, through: wrapper).outcome()
  }

  /// Waits until a recording has so many collections.
  static func wait(for collections: Int, in path: String, of program: RunningProgram) async throws {
    try await eventually("\(collections) collections in \(path)") {
      if !program.isRunning { throw Executable.Missing(description: "the recorder ended: \(program.errors)") }
      return (try? SQL.integer("SELECT count(*) FROM times", path)).flatMap { $0 >= collections ? () : nil }
    }
  }
}

/// What Python's SQLite finds in a recording: none of the program's own code.
enum SQL {
  /// Runs a Python program with `db`, a connection that only reads, and the `arguments`; returns what it prints.
  static func python(_ program: String, _ path: String, _ arguments: [String] = []) throws -> String {
    let head = """
      import sqlite3, sys, json
      db = sqlite3.connect("file:%s?mode=ro" % sys.argv[1], uri=True, timeout=20)

      """
    let python = try Executable.tool("/usr/bin/python3", package: "python3")
    let tree = try TemporaryTree()
    let file = try tree.write("program.py", head + program)
    let output = tree.path("output")
    let line = ([python, file, path] + arguments).map { "'\($0)'" }.joined(separator: " ")
    let status = try shellStatus("exec \(line) >'\(output)' 2>&1")
    let text = try String(contentsOfFile: output, encoding: .utf8)
    guard status == 0 else { throw Executable.Missing(description: "python3: \(text)") }
    return text.trimmingCharacters(in: .newlines)
  }

  static func integer(_ sql: String, _ path: String) throws -> Int {
    let text = try python("print(db.execute(\"\"\"\(sql)\"\"\").fetchone()[0])", path)
    return try #require(Int(text), "\(sql): \(text)")
  }

  /// Changes a recording.
  static func change(_ path: String, _ statements: String) throws {
    _ = try python("db = sqlite3.connect(sys.argv[1]); db.executescript(\"\"\"\(statements)\"\"\"); db.commit()", path)
  }

  /// Whether all of it is as SQLite wants it.
  static func isWhole(_ path: String) throws -> Bool {
    try python("print(db.execute('PRAGMA integrity_check').fetchone()[0])", path) == "ok"
  }

  /// The exit status of a command line of the shell, waited for by this thread alone.
  private static func shellStatus(_ command: String) throws -> Int32 {
    var pid: pid_t = 0
    let words: [String] = ["/bin/sh", "-c", command]
    var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
    arguments.append(nil)
    defer { for argument in arguments { free(argument) } }
    guard posix_spawn(&pid, "/bin/sh", nil, nil, &arguments, environ) == 0 else {
      throw Executable.Missing(description: "cannot start /bin/sh")
    }
    var status: Int32 = 0
    while waitpid(pid, &status, 0) < 0 { guard errno == EINTR else { break } }
    return status
  }
}
