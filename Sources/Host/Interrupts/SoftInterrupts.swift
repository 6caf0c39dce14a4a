/// `/proc/softirqs`: how often each softirq ran, by CPU.
package struct SoftInterrupts: Sendable, Hashable {
  package struct Vector: Sendable, Hashable {
    /// As the kernel writes it: `NET_RX`.
    package let name: String
    /// Since boot, one per CPU of `cpus`. The kernel counts in 32 bits: they wrap.
    package let counts: [UInt64]
  }

  /// The CPUs in the order of the counts: all possible ones, offline ones too.
  package let cpus: [Int]
  /// Ordered by number: the line of a vector is its number in the `irq:softirq_*` tracepoints.
  package let vectors: [Vector]

  /// The softirqs in the text of `/proc/softirqs`; `path` names the file in errors.
  package init(parsing bytes: Span<UInt8>, path: String = "softirqs") throws(HostError) {
    let table = try PerCPUCounts(parsing: bytes, path: path)
    cpus = table.cpus
    vectors = table.rows.map { Vector(name: $0.label, counts: $0.counts) }
  }

  /// The softirqs now.
  package init(paths: HostPaths) throws(HostError) {
    let path = paths.proc("softirqs")
    let bytes = try SmallFile.bytes(path)
    try self.init(parsing: bytes.span, path: path)
  }
}
