import Host

/// The kernel's run-time statistics of eBPF programs: on until they are switched off.
struct RunTimeStatistics {
  private let helper: PrivilegedHelper

  init() throws {
    helper = try PrivilegedHelper(for: .statistics, keeping: .sysAdmin, paths: HostPaths())
    let result = helper.setStatistics(true)
    if result != 0 { throw SystemError(-result, call: "BPF_ENABLE_STATS", path: "run-time statistics") }
  }

  func switchOff() { _ = helper.setStatistics(false) }
}
