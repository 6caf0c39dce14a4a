import CHost
import Glibc

/// One perf event of a task and of all that it begins from then on, wherever they run.
package final class InheritedPerfCounter {
  private let descriptor: CInt

  /// Opens the event; `name` is what errors call it.
  ///
  /// - Parameters:
  ///   - task: a thread's id.
  ///   - beginsWithProgram: it counts from the next program on that the task executes; else at once.
  /// - Throws: ENOENT and EOPNOTSUPP mean that the machine has no such event, EACCES and EPERM that CAP_PERFMON is missing.
  package init(
    type: UInt32, config: UInt64, task: UInt32, beginsWithProgram: Bool, name: String
  ) throws(SystemError) {
    descriptor = chost_perf_open_task(type, config, CInt(bitPattern: task), beginsWithProgram)
    guard descriptor >= 0 else { throw SystemError(-descriptor, call: "perf_event_open", path: name) }
  }

  deinit { if descriptor >= 0 { close(descriptor) } }

  /// What it has counted, those included that ended; nil where it cannot be read.
  package var figures: SharedPerfCounter.Figures? { SharedPerfCounter.figures(of: descriptor) }
}
