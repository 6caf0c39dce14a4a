import Foundation
import Glibc
import Synchronization
import Testing

@testable import Host

@Suite struct PageFaultTests {
  @Test func statisticsAreThoseOfTheTwoLines() throws {
    let text = "nr_free_pages 5\npgfault 18446744073709551615\npgmajfault 7\npgfault_other 3\n"
    let statistics = try PageFaultStatistics(parsing: Array(text.utf8).span)
    #expect(statistics == PageFaultStatistics(total: .max, major: 7))
  }

  @Test(arguments: ["", "pgfault 5\n", "pgmajfault 5\n", "pgfault x\npgmajfault 1\n", "pgfaults 1\npgmajfault 2\n"])
  func missingLineIsNamed(text: String) {
    let error = failure { () throws(HostError) in try PageFaultStatistics(parsing: Array(text.utf8).span) }
    #expect(error?.description.hasPrefix("vmstat: expected a pg") == true)
  }

  @Test func ownFaultsAreAmongTheKernelsCounts() throws {
    let cpus = Int(sysconf(Int32(_SC_NPROCESSORS_CONF)))
    var counters: PageFaultCounters
    do throws(SystemError) {
      counters = try PageFaultCounters(cpus: cpus)
    } catch {
      // Without the privilege the error must say so; nothing else can be tested then.
      #expect(HostError.system(error).isPermission, "\(error)")
      return
    }
    let online = try CPUList.read("/sys/devices/system/cpu/online")
    let before = try counters.read(online: online)
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    let pages = 2_000
    let memory = mmap(nil, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)!
    defer { munmap(memory, pages * page) }
    madvise(memory, pages * page, MADV_NOHUGEPAGE)
    for index in 0..<pages { memory.storeBytes(of: 1, toByteOffset: index * page, as: UInt8.self) }
    let after = try counters.read(online: online)
    #expect(after.userMinor - before.userMinor >= UInt64(pages))
    #expect(after.userMajor >= before.userMajor)
    #expect(after.kernelMajor >= before.kernelMajor)
  }

  /// An offline CPU is no failure; one that comes online is counted from then on, or the reading fails and says which.
  @Test func cpuThatComesOnlineIsOpenedThenOrNamed() throws {
    let state = Mutex<CInt>(-ENODEV)
    var counters = try PageFaultCounters(cpus: 2) { cpu, descriptors in
      if cpu == 0 { return PageFaultTests.openAnything(&descriptors) }
      let error = state.withLock { $0 }
      return error != 0 ? error : PageFaultTests.openAnything(&descriptors)
    }
    _ = try counters.read(online: [0])
    state.withLock { $0 = -EACCES }
    var error: SystemError?
    do throws(SystemError) { _ = try counters.read(online: [0, 1]) } catch let refused { error = refused }
    #expect(error == SystemError(EACCES, call: "perf_event_open", path: "page-faults on CPU 1"))
    state.withLock { $0 = 0 }
    _ = try counters.read(online: [0, 1, 7])
  }

  /// Events that say nothing any more are opened anew, and what they had counted stays.
  @Test func eventsThatEndedAreOpenedAnew() throws {
    let opens = Atomic<Int>(0)
    var counters = try PageFaultCounters(cpus: 1) { _, descriptors in
      opens.add(1, ordering: .relaxed)
      return PageFaultTests.openAnything(&descriptors)
    }
    for _ in 0..<3 { #expect(try counters.read(online: [0]) == PageFaultCounters.Counts()) }
    #expect(opens.load(ordering: .relaxed) == 4)
    // while it is offline nobody opens anything
    _ = try counters.read(online: [])
    #expect(opens.load(ordering: .relaxed) == 4)
  }

  /// With no CPU to count on there is nothing to show either.
  @Test(arguments: [EACCES, ENODEV, EMFILE])
  func refusalIsAnError(code: CInt) {
    do throws(SystemError) {
      _ = try PageFaultCounters(cpus: 2) { _, _ in -code }
      Issue.record("nothing was refused")
    } catch {
      #expect(error.errno == code)
    }
  }

  /// Descriptors that end at once.
  private static func openAnything(_ descriptors: inout [CInt]) -> CInt {
    for index in descriptors.indices { descriptors[index] = open("/dev/null", O_RDONLY | O_CLOEXEC) }
    return 0
  }
}
