/// What the operator chose for the programs at the scheduler's hooks, and for others that keep something for each task.
package struct SchedulerOptions: Sendable, Hashable {
  /// Tasks that a hash has room for, where the kernel has no task storage.
  package var tasks = 65_536
  /// Which form of the programs to use; nil: the cheapest this kernel takes.
  package var form: SchedulerPrograms.Form?

  package init() {}
}
