/// Where programs keep what a task is in the middle of.
package enum TaskForm: String, Sendable, CaseIterable {
  case taskStorage
  /// In a hash by task, where the kernel refuses task storage (before 5.12).
  case hashed
}
