internal import ByteText
internal import BPF

/// The running kernel's own names of why it drops packets: their numbers differ from kernel to kernel.
struct DropReasonNames {
  private let reasons: [Int: String]
  private let subsystems: [Int: String]

  /// From BTF, which the programs need as well; unlike the tracepoint's format it is there without tracefs, and in 6.0,
  /// whose format has no names.
  init() {
    let found = try? KernelEnumeration.enumerators(of: ["skb_drop_reason", "skb_drop_reason_subsys"])
    reasons = Self.withoutPrefix(found?[0] ?? [:], "SKB_DROP_REASON_")
    subsystems = Self.withoutPrefix(found?[1] ?? [:], "SKB_DROP_REASON_SUBSYS_")
  }

  /// `NO_SOCKET`, or the number where the kernel has no name for it.
  func name(_ number: Int) -> String { reasons[number] ?? "\(number)" }

  /// All reasons of a module that has its own: `OPENVSWITCH`. Number 0 stands for what has no counter of its own.
  func subsystem(_ number: Int) -> String {
    number == 0 ? "other" : subsystems[number] ?? "subsystem \(number)"
  }

  private static func withoutPrefix(_ names: [Int: String], _ prefix: String) -> [Int: String] {
    names.compactMapValues { $0.begins(with: prefix) ? String($0.dropFirst(prefix.count)) : nil }
  }
}
