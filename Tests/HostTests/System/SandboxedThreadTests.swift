import Fixtures
import Glibc
import Synchronization
import Testing

@testable import Host

/// Threads that enter a sandbox, and end: there is no way out of it.
@Suite struct SandboxedThreadTests {
  /// What `body` returns on a thread that is in the sandbox, and what the kernel has of it.
  private static func inside(
    _ sandbox: Sandbox, _ body: @escaping @Sendable () -> [CInt]
  ) -> (results: [CInt], parts: Sandbox.Parts?) {
    let outcome = Mutex<([CInt], Sandbox.Parts?)>(([], nil))
    OwnThread.run(
      {
        let parts = try? Capabilities.restrict(to: [], as: nil, within: sandbox)
        let results = body()
        outcome.withLock { $0 = (results, parts ?? nil) }
      }, beside: {})
    let (results, parts) = outcome.withLock { $0 }
    return (results, parts)
  }

  /// 0, or why the file cannot be opened.
  private static func open(_ path: String, _ flags: CInt) -> CInt {
    let descriptor = Glibc.open(path, flags)
    if descriptor < 0 { return errno }
    close(descriptor)
    return 0
  }

  private static func hasLandlock(_ parts: Sandbox.Parts?) throws -> Bool {
    (try? #require(parts).landlock.get()) != nil
  }

  @Test func readsOnlyWhatItIsFor() throws {
    let tree = try TemporaryTree()
    let within = try tree.write("in/folder/file", "text")
    let outside = try tree.write("out/file", "text")
    let sandbox = Sandbox(
      reading: [tree.root + "/in", tree.root + "/is-not-there"], devices: nil, ports: nil)
    let (results, parts) = Self.inside(sandbox) {
      [
        Self.open(within, O_RDONLY), Self.open(outside, O_RDONLY), Self.open(within, O_WRONLY),
        Self.open(within, O_RDWR), Self.open(within + "2", O_RDONLY | O_CREAT),
      ]
    }
    #expect(try #require(parts).seccomp.isSuccess)
    #expect(results == [0, try Self.hasLandlock(parts) ? EACCES : 0, EPERM, EPERM, EPERM])
    // the others can do what they could
    #expect(Self.open(outside, O_RDWR) == 0)
  }

  @Test func writesToItsDevicesOnly() throws {
    let tree = try TemporaryTree()
    let own = try tree.write("dev/nvidia0", "")
    let other = try tree.write("dev/sda", "")
    let sandbox = Sandbox(
      reading: [], devices: Sandbox.Devices(folder: tree.root + "/dev", prefix: "nvidia"), ports: nil)
    let (results, parts) = Self.inside(sandbox) {
      [Self.open(own, O_RDWR), Self.open(other, O_RDWR), Self.open(own, O_WRONLY), Self.open(other, O_RDONLY)]
    }
    let refusal = try Self.hasLandlock(parts) ? EACCES : 0
    #expect(results == [0, refusal, EPERM, refusal])
  }

  @Test func bindsToItsPortsOnly() throws {
    let sandbox = Sandbox(reading: [], devices: nil, ports: [0])
    let (results, parts) = Self.inside(sandbox) { [Self.bind(port: 0), Self.bind(port: 1)] }
    let bounds = try (try? #require(parts).landlock.get()).map { $0 >= 4 } ?? false
    // it has no CAP_NET_BIND_SERVICE either, which is asked for later and says the same
    #expect(results == [0, EACCES])
    let (none, _) = Self.inside(Sandbox(reading: [], devices: nil, ports: [])) { [Self.bind(port: 0)] }
    #expect(none == [bounds ? EACCES : 0])
  }

  private static func bind(port: UInt16) -> CInt {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    defer { close(descriptor) }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = INADDR_LOOPBACK.bigEndian
    let result = withUnsafePointer(to: address) {
      $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    return result == 0 ? 0 : errno
  }
}

extension Result {
  fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}
