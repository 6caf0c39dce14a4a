internal import Synchronization

/// Whether a program of an embedded object is at its event, and if not, why.
package struct ProgramAttachment: Sendable, Hashable {
  package enum State: Sendable, Hashable {
    case attached
    /// It was, and is loaded still.
    case detached
    /// Loaded, and run or attached for moments as it is needed.
    case onDemand
    /// Left out, for another form of it or by an option.
    case leftOut
    /// The kernel refused it, or the object that it is part of.
    case refused(errno: Int32)
  }

  package let program: String
  package let state: State

  /// What the kernel has refused in this process, by object and program: an object that was refused is gone.
  package static var refused: [String: [String: Int32]] { refusals.withLock { $0 } }
  private static let refusals = Mutex<[String: [String: Int32]]>([:])

  static func refuse(_ programs: [String], of object: String, errno: Int32) {
    refusals.withLock { refusals in
      for program in programs { refusals[object, default: [:]][program] = errno }
    }
  }
}
