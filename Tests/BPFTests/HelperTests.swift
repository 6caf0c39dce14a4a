import Glibc
import Testing

@testable import BPF

/// What the child process does that keeps a capability.
@Suite(.enabled(if: geteuid() == 0, "it needs CAP_SYS_ADMIN")) struct HelperTests {
  @Test func eventsAreOpenedThroughIt() throws {
    let helper = try StatisticsSwitch()
    // the time of CPU 0
    let descriptor = helper.openEvent(type: 1, config: 0, cpu: 0, isPinned: true)
    try #require(descriptor >= 0)
    defer { close(descriptor) }
    var figures: [UInt64] = [0, 0, 0]
    #expect(read(descriptor, &figures, 24) == 24)
    #expect(figures[1] > 0)
    #expect(helper.openEvent(type: 1, config: 9_999, cpu: 0, isPinned: false) == -ENOENT)
    try helper.set(true)
    try helper.set(false)
  }

  /// Tracepoints and breakpoints among them: it counts what PMUs count.
  @Test func otherEventsAreRefused() throws {
    let helper = try StatisticsSwitch()
    #expect(helper.openEvent(type: 2, config: 1, cpu: 0, isPinned: false) == -EINVAL)
    #expect(helper.openEvent(type: 5, config: 0, cpu: 0, isPinned: false) == -EINVAL)
  }
}
