import Foundation
import Glibc
import Host
import Testing

@testable import Collectors

extension KernelTests {
  /// Signals sent a known number of times.
  @Suite(.serialized) struct SignalTests {
    /// A signal that nothing else on the machine sends.
    @Test(arguments: [(SIGWINCH, "SIGWINCH"), (50, "SIGRTMIN+16")])
    func signalsAreCountedByName(number: CInt, name: String) throws {
      let collectors = try LiveCollectors(["signals"])
      let load = try Load("signals", number, 1_234)
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.sum("signals", ["signal": name]) == 1_234)
      #expect(SignalNumber.name(Int(number)) == name)
    }

    /// The kernel sends SIGCHLD, and SIGKILL is the load's own.
    @Test func endsOfChildrenAndKillsAreSignals() throws {
      let collectors = try LiveCollectors(["signals"])
      let load = try Load("children", 200, "killed")
      let from = try collectors.read(beside: {})
      try load.run()
      let change = Change(from: from, to: try collectors.read(beside: {}))
      #expect(change.sum("signals", ["signal": "SIGKILL"]) >= 200)
      #expect(change.sum("signals", ["signal": "SIGCHLD"]) >= 200)
    }

    /// Against `/proc/vmstat`: the OOM killer itself, forced by a control group too small for its process.
    @Test func oomKillsAreThoseOfVmstat() throws {
      let group = try MemoryGroup(bytes: 8 << 20)
      let collectors = try LiveCollectors(["signals"])
      let from = try collectors.read(beside: { try Self.kernelKills() })
      for _ in 0..<3 { try group.runOutOfMemory() }
      let change = Change(from: from, to: try collectors.read(beside: { try Self.kernelKills() }))
      #expect(change.sum("oom_kills") >= 3)
      #expect(change.kernel(\.self).contains(change.sum("oom_kills")))
    }

    /// Threads of a process that is being killed are let at the reserves, one after the other: it is one kill all the same.
    @Test func processOfManyThreadsIsOneKill() throws {
      let group = try MemoryGroup(bytes: 60 << 20)
      let collectors = try LiveCollectors(["signals"])
      let from = try collectors.read(beside: { try Self.kernelKills() })
      let script =
        "import threading\nb = []\ndef f():\n  while True: b.append(bytearray(1 << 20))\n"
        + "t = [threading.Thread(target=f) for _ in range(16)]\n[x.start() for x in t]\n[x.join() for x in t]"
      for _ in 0..<3 { try group.runOutOfMemory(script) }
      let change = Change(from: from, to: try collectors.read(beside: { try Self.kernelKills() }))
      #expect(change.sum("oom_kills") >= 3)
      #expect(change.kernel(\.self).contains(change.sum("oom_kills")))
    }

    private static func kernelKills() throws -> UInt64 {
      let text = try String(contentsOfFile: "/proc/vmstat", encoding: .utf8)
      let line = text.split(separator: "\n").first { $0.hasPrefix("oom_kill ") }
      return UInt64(line?.split(separator: " ").last ?? "") ?? 0
    }
  }
}

/// A control group with a bound on memory, in whichever hierarchy has the controller; gone with this object.
private final class MemoryGroup {
  private let path: String

  init(bytes: Int) throws {
    let unified = FileManager.default.fileExists(atPath: "/sys/fs/cgroup/cgroup.controllers")
    let root = unified ? "/sys/fs/cgroup" : "/sys/fs/cgroup/memory"
    path = "\(root)/wattprobe-test-\(getpid())"
    if unified {
      try? "+memory".write(toFile: "\(root)/cgroup.subtree_control", atomically: false, encoding: .utf8)
    }
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    let bound = unified ? "memory.max" : "memory.limit_in_bytes"
    try "\(bytes)".write(toFile: "\(path)/\(bound)", atomically: false, encoding: .utf8)
  }

  deinit { rmdir(path) }

  /// A process of the group takes memory until it is killed for it.
  func runOutOfMemory(_ script: String = "bytearray(64 << 20)") throws {
    let shell = Process()
    shell.executableURL = URL(fileURLWithPath: "/bin/sh")
    shell.arguments = ["-c", "echo $$ >\(path)/cgroup.procs; exec /usr/bin/python3 -c \"$0\"", script]
    shell.standardOutput = FileHandle.nullDevice
    shell.standardError = FileHandle.nullDevice
    try shell.run()
    shell.waitUntilExit()
    #expect(shell.terminationReason == .uncaughtSignal)
  }
}
