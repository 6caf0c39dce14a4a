import Foundation
import Testing

@testable import Host

extension SyscallTable: CustomTestStringConvertible {
  public var testDescription: String { "the table where 0 is \(name(0) ?? "nothing")" }
}

@Suite struct SyscallTableTests {
  @Test func wellKnownCallsHaveTheirNumbers() {
    #expect(SyscallTable.x86_64.name(0) == "read")
    #expect(SyscallTable.x86_64.name(39) == "getpid")
    #expect(SyscallTable.x86_64.name(334) == "rseq")
    #expect(SyscallTable.x86_64.name(336) == "uprobe")
    #expect(SyscallTable.arm64.name(63) == "read")
    #expect(SyscallTable.arm64.name(172) == "getpid")
    #expect(SyscallTable.arm64.name(293) == "rseq")
    #expect(SyscallTable.arm64.name(38) == "renameat")
  }

  @Test(arguments: [
    (451, "cachestat"), (452, "fchmodat2"), (453, "map_shadow_stack"), (454, "futex_wake"), (455, "futex_wait"),
    (456, "futex_requeue"), (457, "statmount"), (458, "listmount"), (459, "lsm_get_self_attr"),
    (460, "lsm_set_self_attr"), (461, "lsm_list_modules"), (462, "mseal"), (463, "setxattrat"), (464, "getxattrat"),
    (465, "listxattrat"), (466, "removexattrat"), (467, "open_tree_attr"), (468, "file_getattr"),
    (469, "file_setattr"), (470, "listns"), (471, "rseq_slice_yield"), (472, "fchroot"),
  ])
  func callsSince424HaveOneNumberEverywhere(number: Int, name: String) {
    #expect(SyscallTable.x86_64.name(number) == name)
    #expect(SyscallTable.arm64.name(number) == name)
  }

  @Test func bothTablesAgreeFrom424On() {
    #expect(SyscallTable.x86_64.highest == SyscallTable.arm64.highest)
    for number in 424...SyscallTable.x86_64.highest {
      #expect(SyscallTable.x86_64.name(number) == SyscallTable.arm64.name(number))
    }
  }

  @Test(arguments: [SyscallTable.x86_64, SyscallTable.arm64])
  func numbersWithoutACallAreUnknown(table: SyscallTable) {
    for number in [-1, Int.min, table.highest + 1, 512, 0x4000_0000, Int.max] {
      #expect(table.name(number) == nil)
      #expect(table.category(number) == .other)
    }
    #expect(table.name(table.highest) != nil)
    #expect(table.name(423) == nil && table.category(423) == .other)
  }

  /// A call of a newer kernel can be looked up by its number; what no kernel will give away is no call.
  @Test(arguments: [SyscallTable.x86_64, SyscallTable.arm64])
  func callsPastTheTableHaveTheirNumbers(table: SyscallTable) {
    #expect(table.label(table.highest, end: 510) == table.name(table.highest))
    #expect(table.label(table.highest + 1, end: 510) == "\(table.highest + 1)")
    #expect(table.label(509, end: 510) == "509")
    for number in [-1, 423, 510, 9_999, Int.max] { #expect(table.label(number, end: 510) == "unknown") }
  }

  @Test func gapsAreWhereTheKernelLeftThem() {
    func gaps(_ table: SyscallTable) -> [Int] { (0...table.highest).filter { table.name($0) == nil } }
    #expect(gaps(.x86_64) == Array(337...423))
    #expect(gaps(.arm64) == Array(244...259) + Array(295...423))
  }

  @Test(arguments: [SyscallTable.x86_64, SyscallTable.arm64])
  func namesAreUniqueAndCategorized(table: SyscallTable) {
    let names = (0...table.highest).compactMap(table.name)
    #expect(Set(names).count == names.count)
    for name in names {
      #expect(SyscallCategory.of(name) != nil, "\(name) has no category")
      #expect(name.allSatisfy { $0 == "_" || ($0.isASCII && ($0.isLowercase || $0.isNumber)) })
    }
  }

  @Test(arguments: [
    ("openat", SyscallCategory.file), ("mmap", .memory), ("recvmsg", .network), ("clone3", .process), ("kill", .signal),
    ("nanosleep", .time), ("clock_gettime", .time), ("semop", .ipc), ("futex", .sync), ("futex_waitv", .sync),
    ("poll", .poll), ("epoll_wait", .poll), ("select", .poll), ("io_uring_enter", .poll), ("setuid", .security),
    ("bpf", .other),
  ])
  func callsHaveTheCategoryOfWhatTheyWaitFor(name: String, category: SyscallCategory) {
    #expect(SyscallCategory.of(name) == category)
  }

  @Test func everyCategoryIsUsedAndUnknownNamesHaveNone() {
    let table = SyscallTable.x86_64
    #expect(Set((0...table.highest).map(table.category)) == Set(SyscallCategory.allCases))
    #expect(SyscallCategory.of("unknown") == nil && SyscallCategory.of("") == nil)
  }

  // The installed headers are of some kernel: what they know must agree, and a gap of theirs must be one here.
  @Test(arguments: [
    (Headers.x86_64, SyscallTable.x86_64, Set<Int>([335, 336])), (Headers.generic, SyscallTable.arm64, Set<Int>()),
  ])
  func theHeadersOfThisMachineAgree(header: String, table: SyscallTable, addedLater: Set<Int>) throws {
    guard let text = Headers.text(header) else { return }
    let known = Headers.numbers(text, prefixes: ["__NR_", "__NR3264_"])
      .filter { !["syscalls", "arch_specific_syscall"].contains($0.name) }
      // 64-bit times for 32-bit architectures
      .filter { header == Headers.x86_64 || !(403...423).contains($0.number) }
    #expect(known.count > 300)
    let byNumber = Dictionary(known.map { ($0.number, $0.name) }, uniquingKeysWith: { $1 })
    let newest = try #require(byNumber.keys.max())
    for number in 0...min(newest, table.highest) where !addedLater.contains(number) {
      // named for its 32-bit twin
      let name = byNumber[number] == "fstatat" ? "newfstatat" : byNumber[number]
      #expect(table.name(number) == name, "number \(number)")
    }
  }

  @Test func theNativeTableKnowsThisProgramsCalls() {
    #if arch(x86_64)
      #expect(SyscallTable.native.name(39) == "getpid")
    #else
      #expect(SyscallTable.native.name(172) == "getpid")
    #endif
  }
}
