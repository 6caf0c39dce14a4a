/// What the operator chose for the syscalls collector.
package struct SyscallOptions: Sendable {
  /// A histogram for each call instead of one for each category.
  package var hasHistogramsBySyscall = false
  /// Which form of the programs to use; nil: the cheapest this kernel takes.
  package var form: TaskForm?

  package init() {}
}
