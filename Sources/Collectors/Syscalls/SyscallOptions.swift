/// What the operator chose for the syscalls collector.
package struct SyscallOptions: Sendable {
  /// Which calls are timed.
  package enum Timing: String, Sendable, CaseIterable {
    case off
    /// Those that begin in a window of time now and then.
    case sampled
    case all
  }

  package var timing = Timing.sampled
  /// When calls begin that are timed where they are sampled; nil: whenever somebody switches the program on.
  package var windows: RandomWindows.Times? = .init()
  /// A histogram for each call instead of one for each category.
  package var hasHistogramsBySyscall = false
  /// Which form of the programs to use where all calls are timed; nil: the cheapest this kernel takes.
  package var form: TaskForm?

  package init() {}
}
