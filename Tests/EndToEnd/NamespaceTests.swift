import Foundation
import Glibc
import Machine
import Testing

extension EndToEnd {
  /// In a container's namespaces.
  @Suite struct ContainerNamespaceTests {
    private static let unshare = "/usr/bin/unshare"

    @Test func processesOfAPIDNamespaceAreNotShownForTheMachines() async throws {
      let unshare = try Executable.tool(Self.unshare, package: "util-linux")
      let exporter = try await Exporter(through: [unshare, "--pid", "--fork", "--mount-proc"])
      // it outlives unshare(1), by whose death it is told nothing once it has become another user
      defer { for child in exporter.children { kill(child, SIGKILL) } }
      let samples = try exporter.samples()
      for collector in ["process", "cgroup"] {
        #expect(samples.contains(#"wattprobe_collector_up{collector="\#(collector)",reason="permission"} 0"#))
      }
      #expect(samples.contains(#"wattprobe_collector_up{collector="sched",reason=""} 1"#))
      #expect(!samples.contains { $0.hasPrefix("wattprobe_process_cpu_seconds_total") })
    }

    /// Its own control group is the root there, and what others have is above it. Where it may not leave the namespace, the
    /// names that both share are not known.
    @Test func containersAreFoundFromWithinACgroupNamespace() async throws {
      let unshare = try Executable.tool(Self.unshare, package: "util-linux")
      let id = String(repeating: "0123456789abcdef", count: 4)
      let parent = "/wattprobe-namespace-\(getpid())"
      let own = try ControlGroup(parent + "/own")
      let other = try ControlGroup(parent + "/docker-\(id).scope")
      let move = #"echo $$ >"$0/cgroup.procs"; exec "$@""#
      let loop = "while :; do :; done"
      let load = try RunningProgram("/bin/sh", ["-c", move, other.folder, "/bin/sh", "-c", loop])
      defer { load.signal(SIGKILL) }
      let exporter = try await Exporter(through: ["/bin/sh", "-c", move, own.folder, unshare, "--cgroup"])
      let wanted = [other.path, "/docker-\(id).scope"].map {
        #"wattprobe_cgroup_cpu_seconds_total{cgroup="\#($0)",container="\#(id)"}"#
      }
      try await eventually("the control group") {
        try exporter.samples().contains { line in wanted.contains { line.hasPrefix($0) } } ? () : nil
      }
      #expect(!(try exporter.samples().contains { $0.contains(#"cgroup="/../"#) }))
      _ = try await exporter.stop()
    }
  }
}
