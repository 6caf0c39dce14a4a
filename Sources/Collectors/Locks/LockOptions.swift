/// What the operator chose for the locks collector.
package struct LockOptions: Sendable, Hashable {
  /// Where waits are kept; nil: where it costs least.
  package var form: TaskForm?

  package init() {}
}
