import Glibc
import Testing

@testable import Host

@Suite struct NumberNameTests {
  @Test func errorsAreNamed() {
    #expect(ErrorNumber.name(1) == "EPERM")
    #expect(ErrorNumber.name(2) == "ENOENT")
    #expect(ErrorNumber.name(11) == "EAGAIN")
    #expect(ErrorNumber.name(35) == "EDEADLK")
    #expect(ErrorNumber.name(110) == "ETIMEDOUT")
    #expect(ErrorNumber.name(133) == "EHWPOISON")
    #expect(ErrorNumber.highest == 133)
  }

  @Test func theKernelsOwnErrorsAreNamed() {
    #expect(ErrorNumber.name(512) == "ERESTARTSYS")
    #expect(ErrorNumber.name(516) == "ERESTART_RESTARTBLOCK")
    #expect(ErrorNumber.name(524) == "ENOTSUPP")
    #expect(ErrorNumber.name(529) == "EIOCBQUEUED")
    #expect(ErrorNumber.name(531) == "ENOGRACE")
  }

  @Test func onlyNumbersWithoutAnErrorHaveNoName() {
    #expect((1...133).filter { ErrorNumber.name($0) == nil } == [41, 58])
    #expect((512...531).filter { ErrorNumber.name($0) == nil } == [520])
    for number in [Int.min, -1, 0, 134, 511, 532, Int.max] { #expect(ErrorNumber.name(number) == nil) }
    let names = (0...600).compactMap(ErrorNumber.name)
    #expect(Set(names).count == names.count)
  }

  @Test func errorsAgreeWithTheHeadersOfThisMachine() {
    let known = ["asm-generic/errno-base.h", "asm-generic/errno.h"].compactMap(Headers.text)
      .flatMap { Headers.numbers($0, prefixes: ["E"]) }
    guard !known.isEmpty else { return }
    for (number, name) in known where number <= ErrorNumber.highest {
      #expect(ErrorNumber.name(number) == "E" + name)
    }
    #expect(Set(known.map(\.number)).isSuperset(of: Set(1...133).subtracting([41, 58])))
  }

  @Test func signalsAreNamed() {
    let names = [
      (SIGHUP, "SIGHUP"), (SIGBUS, "SIGBUS"), (SIGKILL, "SIGKILL"), (SIGUSR1, "SIGUSR1"), (SIGSEGV, "SIGSEGV"),
      (SIGTERM, "SIGTERM"), (SIGSTKFLT, "SIGSTKFLT"), (SIGCHLD, "SIGCHLD"), (SIGTTOU, "SIGTTOU"), (SIGURG, "SIGURG"),
      (SIGXFSZ, "SIGXFSZ"), (SIGWINCH, "SIGWINCH"), (SIGIO, "SIGIO"), (SIGPWR, "SIGPWR"), (SIGSYS, "SIGSYS"),
    ]
    for (number, name) in names { #expect(SignalNumber.name(Int(number)) == name) }
  }

  @Test func realTimeSignalsCountFromWhatProgramsCallTheFirst() {
    #expect(SignalNumber.name(32) == "SIG32")
    #expect(SignalNumber.name(34) == "SIGRTMIN")
    #expect(SignalNumber.name(35) == "SIGRTMIN+1")
    #expect(SignalNumber.name(64) == "SIGRTMIN+30")
  }

  @Test func everySignalHasItsOwnNameAndNoOtherNumberHas() {
    #expect(Set((1...64).compactMap(SignalNumber.name)).count == 64)
    for number in [Int.min, -1, 0, 65, Int.max] { #expect(SignalNumber.name(number) == nil) }
  }
}
