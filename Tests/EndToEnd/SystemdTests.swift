import Fixtures
import Foundation
import Glibc
import Testing

extension EndToEnd {
  @Suite struct SystemdTests {
    @Test func itTellsWhenItIsReadyAndWhenItStops() async throws {
      let folder = try TemporaryTree()
      let socket = try NotificationSocket(folder.root + "/notify")
      let program = try RunningProgram(
        Executable.wattprobe, ["--web.listen-address", "127.0.0.1:0"], environment: ["NOTIFY_SOCKET": socket.path])
      let ready = try socket.receive()
      #expect(ready.hasPrefix("READY=1\n"))
      // it serves before it says so
      let port = try #require(ready.split(separator: ":").last.flatMap { UInt16($0) })
      #expect(try HTTPClient(port: port).get("/-/ready", accept: "*/*").status == 200)
      #expect(try HTTPClient(port: port).get("/metrics", accept: "*/*").status == 200)

      program.signal(SIGTERM)
      #expect(try socket.receive() == "STOPPING=1")
      #expect(try await program.outcome().status == 0)
    }

    @Test func itServesOnTheSocketItIsPassed() async throws {
      let python = try Executable.tool("/usr/bin/python3", package: "python3")
      // what systemd does: the socket is descriptor 3, and the variables name its owner
      let script = """
        import os, socket, sys
        listener = socket.socket()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        os.dup2(listener.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ.update(LISTEN_FDS="1", LISTEN_PID=str(os.getpid()))
        os.execv(sys.argv[1], sys.argv[1:])
        """
      let exporter = try await Exporter(
        through: [python, "-c", script], listening: ["--web.systemd-socket"])
      #expect(try exporter.get().status == 200)
      #expect(try await exporter.stop().status == 0)
    }

    @Test func socketsOfAnotherProcessAreNotTaken() async throws {
      let program = try RunningProgram(
        Executable.wattprobe, ["--web.systemd-socket"], environment: ["LISTEN_FDS": "1", "LISTEN_PID": "1"])
      let outcome = try await program.outcome()
      #expect(outcome.status == 1)
      #expect(outcome.error.contains("systemd passed no socket"))
    }

    /// With its own process id, as systemd gives it.
    @Test(arguments: ["2147483647", "2000000000", "129"])
    func moreSocketsThanThereCanBeAreRefused(count: String) async throws {
      let command = "LISTEN_PID=$$ LISTEN_FDS=\(count) exec \"$0\" --web.systemd-socket"
      let outcome = try await Executable.run("/bin/sh", ["-c", command, Executable.wattprobe])
      #expect(outcome.status == 1)
      #expect(outcome.errors.contains("LISTEN_FDS is \(count)"), "\(outcome.errors)")
    }

    @Test func theUnitsAreWhatSystemdTakes() async throws {
      let analyze = try Executable.tool("/usr/bin/systemd-analyze", package: "systemd")
      let units = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appendingPathComponent("../../examples/systemd")
      let folder = try TemporaryTree()
      for unit in ["wattprobe.service", "wattprobe.socket"] {
        let text = try String(contentsOf: units.appendingPathComponent(unit), encoding: .utf8)
        // systemd looks whether the program is there
        try folder.write(unit, text.replacing("/usr/local/bin/wattprobe", with: Executable.wattprobe))
      }
      let outcome = try await Executable.run(
        analyze, ["verify", "--man=no"] + ["service", "socket"].map { "\(folder.root)/wattprobe.\($0)" })
      let complaints = outcome.errors.split(separator: "\n").filter { $0.contains("wattprobe") }
      #expect(complaints.isEmpty, "\(complaints)")
      #expect(outcome.status == 0, "\(outcome.errors)")
    }
  }
}

/// The socket a service manager listens on.
final class NotificationSocket {
  let path: String
  private let descriptor: Int32

  init(_ path: String) throws {
    self.path = path
    descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
    var patience = timeval(tv_sec: 60, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
      }
    }
    guard result == 0 else { throw HTTPClient.Failure(description: "cannot bind \(path): errno \(errno)") }
  }

  deinit { close(descriptor) }

  func receive() throws -> String {
    var buffer = [UInt8](repeating: 0, count: 4096)
    let count = recv(descriptor, &buffer, buffer.count, 0)
    guard count > 0 else { throw HTTPClient.Failure(description: "nobody notified: errno \(errno)") }
    return String(decoding: buffer[..<count], as: UTF8.self)
  }
}
