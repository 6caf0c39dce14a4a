import Fixtures
import Foundation
import Glibc
import Testing

@testable import Host

@Suite struct ProcfsTests {
  let tree: TemporaryTree
  init() throws { tree = try TemporaryTree() }

  static let stat = """
    cpu  10 20 30 40 50 60 70 80 90 100
    cpu0 1 2 3 4 5 6 7 8 9 10
    cpu12 11 12 13 14
    intr 123456 0 0 7 ctxt 5
    ctxt 987654321
    btime 1700000000
    processes 4242
    procs_running 3
    softirq 5 1 1 1 1 1

    """

  @Test func statisticsAreParsed() throws {
    try tree.write("stat", Self.stat)
    let statistics = try SystemStatistics(paths: tree.paths)
    #expect(statistics.bootTime == 1_700_000_000)
    #expect(statistics.contextSwitches == 987_654_321)
    #expect(statistics.processes == 4242)
    #expect(statistics.cpus.keys.sorted() == [0, 12])
    let total = statistics.total
    #expect([total.user, total.nice, total.system, total.idle, total.iowait] == [10, 20, 30, 40, 50])
    #expect([total.irq, total.softirq, total.steal, total.guest, total.guestNice] == [60, 70, 80, 90, 100])
    // Short lines of old kernels: the rest is 0.
    #expect(statistics.cpus[12]?.idle == 14)
    #expect(statistics.cpus[12]?.guestNice == 0)
  }

  @Test(arguments: ["btime", "ctxt", "processes", "cpu "])
  func missingLineIsToldByName(line: String) throws {
    let text = Self.stat.split(separator: "\n").filter { !$0.hasPrefix(line) }.joined(separator: "\n")
    let bytes = Array(text.utf8)
    let error = failure { () throws(HostError) in try SystemStatistics(parsing: bytes.span) }
    #expect(error?.description.contains("expected a \(line.trimmingCharacters(in: .whitespaces)) line") == true)
  }

  /// Columns that are glued, as a kernel printed them, missing or no numbers: a failed reading, not a CPU that did nothing.
  @Test(arguments: ["2568500776029407000000", "", "1 2 3", "1 2 -3 4", "1 2 3 x", "1 2 3 4 5 6 7 18446744073709551616"])
  func lineWithoutItsColumnsIsRefused(columns: String) throws {
    for line in ["cpu  10 20 30 40 50 60 70 80 90 100", "cpu12 11 12 13 14"] {
      #expect(Self.stat.contains(line))
      let name = line.prefix { $0 != " " }
      let bytes = Array(Self.stat.replacingOccurrences(of: line, with: "\(name) \(columns)").utf8)
      let error = failure { () throws(HostError) in try SystemStatistics(parsing: bytes.span) }
      #expect(error?.description.contains("expected the times of \(name)") == true, "\(String(describing: error))")
    }
  }

  @Test func statisticsOfThisMachineMoveForward() throws {
    let before = try SystemStatistics(paths: HostPaths())
    usleep(30_000)
    let after = try SystemStatistics(paths: HostPaths())
    #expect(after.contextSwitches > before.contextSwitches)
    #expect(after.bootTime == before.bootTime)
    #expect(after.cpus.count == sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    #expect(after.total.idle >= before.total.idle && after.total.user > 0)
  }

  @Test func startIsFoundBehindAnyName() throws {
    let fields = (3...21).map { $0 == 3 ? "S" : String($0) }.joined(separator: " ")
    for name in ["plain", "a) S (b", "x 1 2 3", ") 9 9"] {
      try tree.write("self/stat", "77 (\(name)) \(fields) 1250 23 24\n")
      try tree.write("stat", Self.stat)
      #expect(try OwnProcess.startTime(paths: tree.paths) == 1_700_000_012.5, "\(name)")
    }
  }

  @Test(arguments: ["", "77 (a", "77 (a) S 1 2", "77 (a) S 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 x"])
  func brokenStatIsRefused(text: String) throws {
    try tree.write("self/stat", text)
    let error = failure { () throws(HostError) in try OwnProcess.startTime(paths: tree.paths) }
    #expect(error?.path == tree.path("self/stat"))
  }

  @Test func residentMemoryIsInBytes() throws {
    try tree.write("self/statm", "5000 321 200 1 0 400 0\n")
    #expect(try OwnProcess.residentBytes(paths: tree.paths) == 321 * UInt64(sysconf(CInt(_SC_PAGESIZE))))
  }

  @Test(arguments: ["1 18446744073709551615\n", "1 9223372036854775808\n", "1 99999999999999999999\n", "1 -1\n"])
  func residentMemoryOfNonsenseIsRefused(text: String) throws {
    try tree.write("self/statm", text)
    let error = failure { () throws(HostError) in try OwnProcess.residentBytes(paths: tree.paths) }
    #expect(error != nil)
  }

  @Test func figuresOfThisProcessAreItsOwn() throws {
    let paths = HostPaths()
    #expect(try OwnProcess.residentBytes(paths: paths) > 1_000_000)
    #expect(try OwnProcess.openDescriptors(paths: paths) >= 3)
    let now = Date().timeIntervalSince1970
    let start = try OwnProcess.startTime(paths: paths)
    #expect(start < now + 1 && start > now - 86_400)
    let before = OwnProcess.cpuNanoseconds
    var sum: UInt64 = 0
    for value in 0..<3_000_000 as Range<UInt64> { sum = sum &* 31 &+ value }
    #expect(sum != 0 && OwnProcess.cpuNanoseconds > before)
  }

  @Test func kernelTellsItsRelease() throws {
    #expect(try Kernel.release == SmallFile.text("/proc/sys/kernel/osrelease"))
    #expect(Kernel.ticksPerSecond == 100)
  }
}
