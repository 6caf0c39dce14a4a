internal import BPF

/// What the running kernel keeps programs from.
enum KernelGuards {
  /// Whether no program at a raw tracepoint interrupts itself on the same CPU: such an event is left out, and counted.
  ///
  /// 05b24ff9b2cf ("bpf: Prevent bpf program recursion for raw tracepoint probes", 6.1) gave this function its name.
  /// Preemption is off meanwhile, also where tracepoints themselves no longer see to that (7.0).
  static let recursionCounter: StaticString = "bpf_prog_inc_misses_counter"
}
