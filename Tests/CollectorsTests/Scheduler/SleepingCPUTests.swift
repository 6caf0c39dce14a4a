import BPFPrograms
import Testing

@testable import Collectors

@Suite struct SleepingCPUTests {
  private func time(lastSwitch: UInt64, isIdle: Bool) -> CPUTime {
    var time = CPUTime()
    time.last_clock = lastSwitch
    time.is_idle = isIdle ? 1 : 0
    return time
  }

  @Test func onlyCPUsThatHaveStayedIdleAreLeftAlone() {
    var cpus = SleepingCPUs()
    var times: [Int: CPUTime] = [
      0: time(lastSwitch: 5, isIdle: false), 1: time(lastSwitch: 6, isIdle: true), 2: time(lastSwitch: 7, isIdle: true),
    ]
    #expect(cpus.awake(of: [0, 1, 2]) { times[$0] } == [0, 1, 2], "the first time")
    // the second one has run something, and idles again
    times[1] = time(lastSwitch: 9, isIdle: true)
    #expect(cpus.awake(of: [0, 1, 2]) { times[$0] } == [0, 1])
    #expect(cpus.awake(of: [0, 1, 2]) { times[$0] } == [0])
    times[2] = time(lastSwitch: 10, isIdle: false)
    #expect(cpus.awake(of: [0, 1, 2]) { times[$0] } == [0, 2])
    // one that was read while a task ran has to be read once more
    times[2] = time(lastSwitch: 11, isIdle: true)
    #expect(cpus.awake(of: [0, 1, 2]) { times[$0] } == [0, 2])
    #expect(cpus.awake(of: [0, 1, 2]) { times[$0] } == [0])
  }

  @Test func whatIsNotKnownIsRead() {
    var cpus = SleepingCPUs()
    let unseen = time(lastSwitch: 0, isIdle: true)
    for _ in 0..<3 {
      #expect(cpus.awake(of: [0, 1]) { $0 == 0 ? nil : unseen } == [0, 1])
    }
    // nor is a reading that could not be taken in between
    let idle = time(lastSwitch: 4, isIdle: true)
    #expect(cpus.awake(of: [0]) { _ in idle } == [0])
    #expect(cpus.awake(of: [0]) { _ in nil } == [0])
    #expect(cpus.awake(of: [0]) { _ in idle } == [0])
    #expect(cpus.awake(of: [0]) { _ in idle } == [])
  }
}
