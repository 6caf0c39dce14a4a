import Collecting
import Glibc
import Host
import Testing

@testable import Collectors

/// The cure that is told is of the illness there is.
@Suite struct FailureTests {
  @Test func aRefusalIsJudgedByWhatTheProcessMay() {
    #expect(CollectorFailure.cure(ofRefusalWith: []).contains("grant CAP_BPF"))
    #expect(CollectorFailure.cure(ofRefusalWith: .bpf).contains("grant CAP_BPF"))
    let cure = CollectorFailure.cure(ofRefusalWith: .sysAdmin)
    #expect(!cure.contains("run as root"))
    #expect(cure.contains("lockdown") && cure.contains("user namespaces"))
  }

  @Test(
    arguments: [
      (ENOENT, .read, "--path.procfs"), (ENODEV, .read, "--path.procfs"), (EACCES, .permission, "restart"),
      (EPERM, .permission, "restart"), (EIO, .read, "kernel's log"),
    ] as [(CInt, StaticReason, String)])
  func aReadingThatFailsIsToldByItsError(errno: CInt, reason: StaticReason, words: String) {
    let failure = CollectorFailure(reading: .system(SystemError(errno, call: "open", path: "/proc/vmstat")))
    #expect(failure.reason == reason)
    #expect(failure.message.hasPrefix("open /proc/vmstat: "))
    #expect(failure.cure.contains(words))
  }

  @Test func aFileThatSaysSomethingElseIsReported() {
    let failure = CollectorFailure(reading: .malformed(path: "/proc/vmstat", expected: "a pgfault line", found: "x"))
    #expect(failure.reason == .read)
    #expect(failure.cure.contains("report"))
  }
}
