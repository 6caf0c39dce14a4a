internal import ByteText
internal import BPF

/// The running kernel's own names of why it drops packets: their numbers differ from kernel to kernel.
struct DropReasonNames {
  private let reasons: [Int: String]
  private let subsystems: [Int: String]
  private let queueReasons: [Int: String]

  /// From BTF, which the programs need as well; unlike the tracepoint's format it is there without tracefs, and in 6.0,
  /// whose format has no names.
  init() {
    let found = try? KernelEnumeration.enumerators(of: [
      "skb_drop_reason", "skb_drop_reason_subsys", "qdisc_drop_reason",
    ])
    reasons = Self.withoutPrefix(found?[0] ?? [:], "SKB_DROP_REASON_")
    subsystems = Self.withoutPrefix(found?[1] ?? [:], "SKB_DROP_REASON_SUBSYS_")
    let ofQueues = Self.withoutPrefix(found?[2] ?? [:], "QDISC_DROP_")
    // the upper half is the subsystem
    queueReasons = Dictionary(ofQueues.filter { $0.key > 0xffff }.map { ($0 & 0xffff, $1) }, uniquingKeysWith: { $1 })
  }

  /// `NO_SOCKET`, or the number where the kernel has no name for it.
  func name(_ number: Int) -> String { reasons[number] ?? "\(number)" }

  /// All reasons of a module that has its own: `OPENVSWITCH`. Number 0 stands for what has no counter of its own.
  func subsystem(_ number: Int) -> String {
    number == 0 ? "other" : subsystems[number] ?? "subsystem \(number)"
  }

  /// Whether the kernel tells why a queueing discipline drops a packet apart from that it does.
  var hasQueueReasons: Bool { !queueReasons.isEmpty }

  /// A queueing discipline's own reason, as kernels before called it that had it among all others: `QDISC_OVERLIMIT`.
  func queueReason(_ number: Int) -> String { "QDISC_" + (queueReasons[number] ?? "\(number)") }

  private static func withoutPrefix(_ names: [Int: String], _ prefix: String) -> [Int: String] {
    names.compactMapValues { $0.begins(with: prefix) ? String($0.dropFirst(prefix.count)) : nil }
  }
}
