internal import CLibbpf
internal import Glibc

/// Switches the kernel's run-time statistics of eBPF programs on and off (BPF_ENABLE_STATS, which needs CAP_SYS_ADMIN), and
/// opens events of CPUs that have come back.
///
/// A child process does it, so that this one can give the capability up.
package final class StatisticsSwitch: Sendable {
  private let helper: Int32

  /// Starts the child. To be called while the process has one thread and CAP_SYS_ADMIN.
  package init() throws(BPFError) {
    let helper = wp_statistics_start()
    if helper < 0 { throw BPFError("start the helper for eBPF run-time statistics", errno: helper) }
    self.helper = helper
  }

  deinit { close(helper) }

  /// Has the child open a hardware or software event that counts on `cpu`; returns the descriptor or the negated `errno`.
  package func openEvent(type: UInt32, config: UInt64, cpu: Int, isPinned: Bool) -> CInt {
    wp_statistics_open_event(helper, type, config, CInt(cpu), isPinned)
  }

  package func set(_ on: Bool) throws(BPFError) {
    let error = wp_statistics_set(helper, on)
    if error != 0 { throw BPFError("switch eBPF run-time statistics \(on ? "on" : "off")", errno: error) }
  }
}

/// What the kernel asks of a process that reads maps it has open.
package enum MapAccess {
  /// Whether reading a map takes CAP_BPF (kernels before 5.19 with unprivileged eBPF off): asked with a descriptor that
  /// cannot be one, which a permitted caller is told.
  package static func needsCapability() -> Bool {
    var key: UInt32 = 0
    var value: UInt64 = 0
    let error = bpf_map_lookup_elem(-1, &key, &value)
    return error == -EPERM || (error != 0 && Glibc.errno == EPERM)
  }
}
