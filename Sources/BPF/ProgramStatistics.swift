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
