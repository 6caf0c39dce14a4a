import Fixtures
import Glibc
import Synchronization
import Testing

@testable import Host

/// Keeps whoever reads it until it is told to let go, as a driver in trouble does.
private final class HangingDriver: Sendable {
  let reads = Atomic<Int>(0)
  private let isStuck = Atomic<Bool>(true)
  private let answer: Int

  init(_ answer: Int) { self.answer = answer }

  func read() -> Int {
    reads.add(1, ordering: .relaxed)
    while isStuck.load(ordering: .acquiring) { usleep(1000) }
    return answer
  }

  func letGo() { isStuck.store(false, ordering: .releasing) }
}

@Suite struct BoundedReaderTests {
  @Test func anAnswerIsPassedOn() {
    let reader = BoundedReader()
    for number in 0..<100 { #expect(reader.answer(of: "thing") { number } == number) }
  }

  @Test func whatHangsHoldsUpNothingElse() {
    let reader = BoundedReader(patience: 10, besideLate: 10_000)
    let driver = HangingDriver(7)
    #expect(reader.answer(of: "hanging") { driver.read() } == nil)
    for _ in 0..<100 {
      #expect(reader.answer(of: "hanging") { driver.read() } == nil)
      #expect(reader.answer(of: "other") { 1 } == 1)
    }
    #expect(driver.reads.load(ordering: .relaxed) == 1, "asked again before it was back")
    driver.letGo()
    // the late answer is that of the next time
    var answer: Int?
    while answer == nil { answer = reader.answer(of: "hanging") { 8 } }
    #expect(answer == 7)
    #expect(reader.answer(of: "hanging") { 8 } == 8)
  }

  @Test func threadsOfWhatHangsAreBounded() {
    let reader = BoundedReader(patience: 1, besideLate: 1)
    let driver = HangingDriver(7)
    defer { driver.letGo() }
    for number in 0..<BoundedReader.mostLate {
      #expect(reader.answer(of: "hanging \(number)") { driver.read() } == nil)
    }
    // the threads may still be about to begin
    while driver.reads.load(ordering: .relaxed) < BoundedReader.mostLate { usleep(1000) }
    let another = HangingDriver(8)
    another.letGo()
    #expect(reader.answer(of: "one more") { another.read() } == nil)
    #expect(another.reads.load(ordering: .relaxed) == 0, "one more thread")
  }

  @Test func aLateReadingIsAFailureThatNamesTheFile() throws {
    let reader = BoundedReader(patience: 10)
    let tree = try TemporaryTree()
    #expect(mkfifo(tree.path("power1_average"), 0o600) == 0)
    let file = CounterFile(tree.path("power1_average"), reader: reader)
    let error = failure { () throws(HostError) in try file.read() }
    #expect(
      error
        == .malformed(path: tree.path("power1_average"), expected: "an answer in time", found: "none"))
    // somebody writes: the open that hung comes back with a descriptor, which is read
    let writer = open(tree.path("power1_average"), O_WRONLY)
    defer { close(writer) }
    // a FIFO cannot be read at an offset
    var late = failure { () throws(HostError) in try file.read() }
    while late == error { late = failure { () throws(HostError) in try file.read() } }
    #expect(late == .system(SystemError(ESPIPE, call: "read", path: tree.path("power1_average"))))
  }

  @Test func afterARestItGoesOnWithAThreadOfItsOwn() {
    let reader = BoundedReader()
    let first = reader.answer(of: "thread") { pthread_self() }
    reader.rest()
    #expect(first != nil)
    #expect(reader.answer(of: "thread") { 1 } == 1)
  }
}
