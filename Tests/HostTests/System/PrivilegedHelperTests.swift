import Fixtures
import Foundation
import Glibc
import Testing

@testable import Host

/// What the helper does, and what it does not do for whoever has taken over the program. As root.
@Suite(.serialized) struct PrivilegedHelperTests {
  static let user = UserIdentity(user: 1234, group: 4321)
  let tree: TemporaryTree

  init() throws { tree = try TemporaryTree() }

  func start(
    _ duties: PrivilegedHelper.Duties = [.statistics, .files, .events],
    _ kept: Capabilities = [.sysAdmin, .perfmon, .dacReadSearch]
  ) throws -> PrivilegedHelper {
    try PrivilegedHelper(for: duties, keeping: kept, paths: tree.paths, as: Self.user)
  }

  /// A file that root alone may read.
  func write(_ relative: String, _ text: String = "42\n") throws {
    try tree.write(relative, text)
    chmod(tree.path(relative), 0o400)
  }

  func field(_ name: String, of process: Int32) -> String? {
    let text = try? String(contentsOfFile: "/proc/\(process)/status", encoding: .utf8)
    let line = text?.split(separator: "\n").first { $0.hasPrefix(name + ":") }
    return line.map { $0.dropFirst(name.count + 1).trimmingCharacters(in: .whitespaces) }
  }

  /// The process that serves.
  func server(of helper: PrivilegedHelper) -> Int32? {
    let path = "/proc/\(helper.process)/task/\(helper.process)/children"
    return (try? String(contentsOfFile: path, encoding: .utf8))?.split(separator: " ").first.flatMap { Int32($0) }
  }

  @discardableResult
  func eventually<T>(_ ask: () throws -> T?) throws -> T {
    for _ in 0..<400 {
      if let answer = try ask() { return answer }
      usleep(25_000)
    }
    throw SystemError(ETIMEDOUT, call: "wait", path: "what should come true")
  }

  func wait(until condition: () throws -> Bool) throws { try eventually { try condition() ? true : nil } }

  @Test func bothProcessesHaveNothingButWhatTheyNeed() throws {
    let helper = try start()
    let worker = try eventually { server(of: helper) }
    try wait { field("Seccomp_filters", of: worker) == "2" }
    for process in [helper.process, worker] {
      #expect(field("Name", of: process) == "wattprobe-priv")
      #expect(field("Uid", of: process) == "1234\t1234\t1234\t1234")
      #expect(field("Gid", of: process) == "4321\t4321\t4321\t4321")
      #expect(field("Groups", of: process) == "")
      for set in ["CapPrm", "CapEff"] {
        // CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN, CAP_PERFMON: bits 2, 21, 38
        #expect(field(set, of: process) == "0000004000200004")
      }
      for set in ["CapInh", "CapBnd", "CapAmb"] { #expect(field(set, of: process) == "0000000000000000") }
      #expect(field("NoNewPrivs", of: process) == "1")
      #expect(field("Seccomp", of: process) == "2")
      let links = try FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd").sorted().map {
        try FileManager.default.destinationOfSymbolicLink(atPath: "/proc/\(process)/fd/\($0)")
      }
      #expect(links.count == 5)
      #expect(Array(links.prefix(3)) == Array(repeating: "/dev/null", count: 3))
      #expect(links[3].hasPrefix("socket:") && links[4] == tree.root)
    }
    withExtendedLifetime(helper) {}
  }

  @Test(arguments: [
    "class/powercap/intel-rapl:0:1/energy_uj", "class/hwmon/hwmon12/energy3_input", "class/hwmon/hwmon0/power1_input",
    "class/hwmon/hwmon0/device/power10_average", "class/power_supply/BAT0/energy_now",
    "class/power_supply/BAT0/charge_now", "class/power_supply/BAT0/voltage_now", "class/power_supply/BAT0/power_now",
  ])
  func filesOfSensorsAreOpenedForReading(path: String) throws {
    try write(path)
    let helper = try start()
    let descriptor = helper.openFile(tree.path(path))
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(pread(descriptor, &bytes, 16, 0) == 3)
    #expect(fcntl(descriptor, F_GETFL) & O_ACCMODE == O_RDONLY)
    #expect(fcntl(descriptor, F_GETFD) == FD_CLOEXEC)
  }

  @Test(arguments: [
    "class/powercap/intel-rapl:0/name", "class/powercap/intel-rapl:0/energy_uj/", "class/powercap/energy_uj",
    "class/powercap/../energy_uj", "class/powercap//energy_uj", "class/powercap/a/b/energy_uj",
    "class/hwmon/hwmon0/energy_input", "class/hwmon/hwmon0/energy1_label", "class/hwmon/hwmon0/energy1_input2",
    "class/hwmon/hwmon0/power1234567_input", "class/hwmon/hwmon0/device/device/power1_input",
    "class/hwmon/hwmon0/device/../power1_input", "class/hwmon/.hidden/power1_input", "class/power_supply/BAT0/status",
    "class/net/eth0/energy_uj", "devices/virtual/powercap/energy_uj", "./class/powercap/a/energy_uj",
    "../energy_uj", "etc/shadow", "energy_uj", "",
  ])
  func othersAreRefused(path: String) throws {
    if !path.isEmpty, !path.hasSuffix("/") { try? write(path) }
    #expect([-EPERM, -EINVAL].contains(try start().openFile(tree.root + "/" + path)))
  }

  @Test func nothingOutsideOfSysfsIsOpened() throws {
    let outside = try TemporaryTree()
    try outside.write("energy_uj", "secret")
    try tree.folder("class/powercap/a")
    try tree.folder("class/powercap/b")
    try tree.folder("class/powercap/d")
    try write("devices/real/energy_uj")
    try tree.link("class/powercap/a/energy_uj", to: outside.path("energy_uj"))
    try tree.link("class/powercap/b/energy_uj", to: "../../../../\(outside.root.split(separator: "/").last!)/energy_uj")
    try tree.link("class/powercap/c", to: outside.root)
    try tree.link("class/powercap/d/energy_uj", to: "/proc/self/fd/0")
    try tree.link("class/powercap/e", to: "../../devices/real")
    let helper = try start()
    for name in ["a", "b", "c", "d"] {
      #expect(helper.openFile(tree.path("class/powercap/\(name)/energy_uj")) == -EXDEV, "\(name)")
    }
    #expect(helper.openFile(outside.path("energy_uj")) == -EPERM)
    // as sysfs has its classes
    let descriptor = helper.openFile(tree.path("class/powercap/e/energy_uj"))
    #expect(descriptor >= 0)
    close(descriptor)
  }

  @Test func whatIsNoFileIsNotOpenedAndHangsNobody() throws {
    try tree.folder("class/powercap/a/energy_uj")
    try tree.folder("class/powercap/b")
    #expect(mkfifo(tree.path("class/powercap/b/energy_uj"), 0o600) == 0)
    try tree.folder("class/powercap/c")
    #expect(mknod(tree.path("class/powercap/c/energy_uj"), S_IFCHR | 0o600, 0x0103) == 0)
    let helper = try start()
    for name in ["a", "b", "c"] { #expect(helper.openFile(tree.path("class/powercap/\(name)/energy_uj")) == -EINVAL) }
    #expect(helper.openFile(tree.path("class/powercap/d/energy_uj")) == -ENOENT)
    #expect(helper.openFile(tree.path("class/powercap/\(String(repeating: "x", count: 300))/energy_uj")) == -EPERM)
  }

  @Test func eventsAreThoseOfThePowerPMU() throws {
    // PERF_TYPE_SOFTWARE stands in for it
    try write("bus/event_source/devices/power/type", "1\n")
    let helper = try start()
    let descriptor = helper.openEvent(type: 1, config: 0, cpu: 0)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    usleep(1000)
    var count: UInt64 = 0
    #expect(read(descriptor, &count, 8) == 8 && count > 0)
    #expect(helper.openEvent(type: 0, config: 0, cpu: 0) == -EPERM)
    // tracepoints
    #expect(helper.openEvent(type: 2, config: 0, cpu: 0) == -EPERM)
    #expect(helper.openEvent(type: 1, config: 0, cpu: -1) == -EINVAL)
    #expect(helper.openEvent(type: 1, config: 0, cpu: 1 << 20) == -EINVAL)
    #expect(helper.openEvent(type: 1, config: 0, cpu: 1 << 40) == -EINVAL)
    try tree.remove("bus/event_source/devices/power/type")
    #expect(helper.openEvent(type: 1, config: 0, cpu: 0) == -ENOENT)
  }

  @Test func eventsOfTheProcessorAreOpenedForCPUsThatReturn() throws {
    let helper = try start()
    // the time of CPU 0
    let descriptor = helper.openProcessorEvent(type: 1, config: 0, cpu: 0, isPinned: true)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var figures: [UInt64] = [0, 0, 0]
    #expect(read(descriptor, &figures, 24) == 24)
    #expect(figures[1] > 0)
    #expect(helper.openProcessorEvent(type: 1, config: 9_999, cpu: 0, isPinned: false) == -ENOENT)
    // tracepoints, breakpoints
    for type in [2, 5] as [UInt32] {
      #expect(helper.openProcessorEvent(type: type, config: 1, cpu: 0, isPinned: false) == -EPERM)
    }
    #expect(helper.openProcessorEvent(type: 1, config: 0, cpu: -1, isPinned: false) == -EINVAL)
  }

  @Test func countersOfPageFaultsComeAsAGroup() throws {
    let helper = try start()
    let opened = systemFailure { () throws(SystemError) in
      var counters = try PageFaultCounters(cpus: 1) { helper.openFaultEvents(cpu: $0, into: &$1) }
      _ = try counters.read(online: [0])
    }
    #expect(opened == nil)
  }

  @Test func itDoesWhatItIsForAndNothingElse() throws {
    try write("class/powercap/a/energy_uj")
    let statistics = try start(.statistics, .sysAdmin)
    #expect(statistics.setStatistics(true) == 0)
    #expect(statistics.setStatistics(true) == 0)
    #expect(statistics.setStatistics(false) == 0)
    #expect(statistics.openFile(tree.path("class/powercap/a/energy_uj")) == -EPERM)
    var descriptors: [CInt] = [-1, -1, -1]
    #expect(statistics.openFaultEvents(cpu: 0, into: &descriptors) == -EPERM)
    #expect(field("CapPrm", of: statistics.process) == "0000000000200000")
    let files = try start(.files, .dacReadSearch)
    #expect(files.setStatistics(true) == -EPERM)
    // the file is root's alone, and without the capability the helper is nobody
    #expect(try start(.files, []).openFile(tree.path("class/powercap/a/energy_uj")) == -EACCES)
  }

  /// Whoever has the socket can send what he likes.
  @Test func whatIsNoRequestIsRefused() throws {
    try write("class/powercap/a/energy_uj")
    let helper = try start()
    func answer(_ bytes: [UInt8]) -> Int32 {
      #expect(send(helper.socket, bytes, bytes.count, Int32(MSG_NOSIGNAL)) == bytes.count)
      var reply: [Int32] = [0, 0]
      #expect(recv(helper.socket, &reply, 8, 0) == 8)
      return reply[1]
    }
    func request(
      kind: UInt32, type: UInt32 = 0, cpu: Int32 = 0, config: UInt64 = 0, pinned: UInt32 = 0, unused: UInt32 = 0,
      path: [UInt8] = []
    ) -> [UInt8] {
      var bytes: [UInt8] = []
      for word in [7, kind, type, UInt32(bitPattern: cpu)] { withUnsafeBytes(of: word) { bytes += $0 } }
      withUnsafeBytes(of: config) { bytes += $0 }
      for word in [pinned, unused] { withUnsafeBytes(of: word) { bytes += $0 } }
      return bytes + path + [UInt8](repeating: 0, count: 224 - path.count)
    }
    let path = Array("class/powercap/a/energy_uj".utf8)
    #expect(answer(request(kind: 1, path: path)) == 0)
    for wrong in [
      [0], [UInt8](repeating: 0, count: 256), [UInt8](repeating: 255, count: 256), [UInt8](repeating: 0, count: 4096),
      Array(request(kind: 0).dropLast()), request(kind: 0) + [0], request(kind: 0, type: 2), request(kind: 0, cpu: 1),
      request(kind: 0, config: 1), request(kind: 0, path: path), request(kind: 1),
      request(kind: 1, type: 1, path: path),
      request(kind: 1, cpu: 1, path: path), request(kind: 1, path: path + [0, 1]),
      request(kind: 1, path: [UInt8](repeating: 120, count: 224)), request(kind: 2, cpu: -1),
      request(kind: 2, path: path),
      request(kind: 3, type: 1), request(kind: 3, config: 1), request(kind: 3, pinned: 1),
      request(kind: 4, type: 1, pinned: 2), request(kind: 4, type: 1, unused: 1), request(kind: 4, cpu: -1),
    ] { #expect(answer(wrong) == -EINVAL, "\(wrong.prefix(40))") }
    for kind in [5, 31, 32, 33, UInt32.max] { #expect(answer(request(kind: kind)) == -EPERM) }
    #expect(answer(request(kind: 1, path: path)) == 0)
    #expect(!helper.hasEnded)
  }

  @Test func theOneThatServesIsReplaced() throws {
    try write("class/powercap/a/energy_uj")
    let helper = try start()
    let first = try eventually { server(of: helper) }
    kill(first, SIGKILL)
    let second = try eventually { server(of: helper).flatMap { $0 == first ? nil : $0 } }
    #expect(second != first)
    let descriptor = try eventually { () -> CInt? in
      let result = helper.openFile(tree.path("class/powercap/a/energy_uj"))
      return result >= 0 ? result : nil
    }
    close(descriptor)
    #expect(!helper.hasEnded)
  }

  /// One that hangs costs a second, and its late answer is nobody's.
  @Test func whoeverAsksIsNotKeptWaiting() throws {
    try write("class/powercap/a/energy_uj", "1")
    try write("class/powercap/b/energy_uj", "22")
    let helper = try start()
    let worker = try eventually { server(of: helper) }
    kill(worker, SIGSTOP)
    let start = MonotonicClock.now
    #expect(helper.openFile(tree.path("class/powercap/a/energy_uj")) == -ETIMEDOUT)
    #expect((900_000_000...3_000_000_000).contains(MonotonicClock.now - start))
    kill(worker, SIGCONT)
    let descriptor = helper.openFile(tree.path("class/powercap/b/energy_uj"))
    try #require(descriptor >= 0)
    var bytes = [UInt8](repeating: 0, count: 16)
    #expect(pread(descriptor, &bytes, 16, 0) == 2)
    close(descriptor)
  }

  @Test func itsEndIsNoticedAndLeavesNothing() throws {
    let helper = try start()
    let worker = try eventually { server(of: helper) }
    #expect(!helper.hasEnded)
    kill(helper.process, SIGKILL)
    try wait { helper.hasEnded }
    #expect(helper.setStatistics(true) == -EPIPE)
    #expect(!FileManager.default.fileExists(atPath: "/proc/\(helper.process)"), "a zombie")
    try wait { (field("State", of: worker) ?? "Z").hasPrefix("Z") }
  }

  @Test func itEndsWithItsSocket() throws {
    var helper: PrivilegedHelper? = try start()
    let process = try #require(helper?.process)
    let worker = try eventually { helper.flatMap { server(of: $0) } }
    helper = nil
    // zombies of any kind keep exit tests waiting for ever
    #expect(kill(process, 0) == -1 && errno == ESRCH, "it is still there")
    try wait { kill(worker, 0) == -1 && errno == ESRCH }
  }
}
