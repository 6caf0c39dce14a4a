internal import CLibbpf
internal import Glibc

/// What the kernel counts of one loaded program. Runs and run time stand still while statistics are off.
package struct ProgramStatistics: Sendable, Hashable {
  package let name: String
  package let runs: UInt64
  package let runNanoseconds: UInt64
  /// Events skipped because the program was interrupted by itself on the same CPU.
  package let recursionMisses: UInt64

  init(name: String, info: wp_program_info) {
    self.name = name
    self.runs = info.run_count
    self.runNanoseconds = info.run_time_ns
    self.recursionMisses = info.recursion_misses
  }
}

/// Keeps the kernel's run-time statistics on while it lives (BPF_ENABLE_STATS; needs CAP_SYS_ADMIN).
package struct StatisticsSession: ~Copyable {
  private let descriptor: Int32

  package init() throws(BPFError) {
    let descriptor = bpf_enable_stats(BPF_STATS_RUN_TIME)
    if descriptor < 0 { throw BPFError("switch eBPF run-time statistics on", errno: descriptor) }
    self.descriptor = descriptor
  }

  deinit { close(descriptor) }
}
