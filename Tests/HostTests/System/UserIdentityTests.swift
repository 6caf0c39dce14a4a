import Foundation
import Glibc
import Testing

@testable import Host

@Suite struct UserIdentityTests {
  @Test func usersAreFoundByNameAndNumber() {
    #expect(UserIdentity.find("root") == UserIdentity(user: 0, group: 0, name: "root"))
    #expect(UserIdentity.find("0") == UserIdentity(user: 0, group: 0, name: "root"))
    #expect(UserIdentity.find("nobody")?.user == 65534)
    // nobody's number
    #expect(UserIdentity.find("4000000001") == UserIdentity(user: 4_000_000_001, group: 4_000_000_001))
    #expect(UserIdentity.find("65534:7") == UserIdentity(user: 65534, group: 7, name: "nobody"))
  }

  @Test(arguments: [
    "", ":", "mallory", "root:0", "1:", ":1", "1:2:3", "-1", "+1", "1 ", "4294967295", "4294967296", "1:4294967295",
  ])
  func whatIsNoUserIsNotFound(text: String) {
    #expect(UserIdentity.find(text) == nil)
  }

  @Test func theUserThatIsChosenIsNeverRoot() { #expect(!UserIdentity.ordinary.isRoot) }

  @Test func numbersAreLookedUpInTheMapsOfUserNamespaces() {
    #expect(UserIdentity.maps(65534, in: "         0          0 4294967295\n"))
    #expect(!UserIdentity.maps(65534, in: "         0       1000          1\n"))
    #expect(UserIdentity.maps(65534, in: "0 1000 1\n1 100000 65536\n"))
    #expect(!UserIdentity.maps(65537, in: "0 1000 1\n1 100000 65536\n"))
    #expect(!UserIdentity.maps(1, in: "0 1000\nx y z\n"))
  }

  /// Of the calling thread alone, for good, and again without an error.
  @Test func aThreadGivesUpItsPrivilegesByItself() throws {
    try #require(geteuid() == 0)
    let user = UserIdentity(user: 1234, group: 4321)
    let done = DispatchSemaphore(value: 0)
    nonisolated(unsafe) var seen: [String] = []
    let thread = Thread {
      defer { done.signal() }
      for _ in 0..<2 {
        do throws(SystemError) {
          try Capabilities.restrict(to: .netBindService, as: user)
        } catch {
          seen.append("\(error)")
        }
      }
      let status = (try? String(contentsOfFile: "/proc/thread-self/status", encoding: .utf8)) ?? ""
      seen += status.split(separator: "\n").map(String.init)
    }
    thread.start()
    done.wait()
    for line in [
      "Uid:\t1234\t1234\t1234\t1234", "Gid:\t4321\t4321\t4321\t4321", "NoNewPrivs:\t1",
      "CapPrm:\t0000000000000400", "CapEff:\t0000000000000400", "CapInh:\t0000000000000000",
      "CapBnd:\t0000000000000400", "CapAmb:\t0000000000000000",
    ] { #expect(seen.contains(line), "\(line)") }
    #expect(seen.contains { $0.hasPrefix("Groups:") && $0.dropFirst(7).allSatisfy(\.isWhitespace) })
    #expect(geteuid() == 0)
  }
}
