package import BPF
internal import Collecting
internal import Logging

/// An eBPF object in the kernel and the collector its cost belongs to.
package protocol LoadedPrograms: AnyObject {
  /// The collector that pays for it.
  var collector: String { get }
  func programs() -> [ProgramStatistics]
  /// Every program, whether it is loaded or not.
  func attachments() -> [ProgramAttachment]
  func maps() -> [MapDescription]
  /// Updates that could not be made, by map and cause.
  func lostUpdates() -> [(map: String, cause: String, count: UInt64)]
  /// Takes the programs off their events, and puts them back: what they cost is the difference.
  func detach()
  func reattach() throws(BPFError)
}

/// One whose counters can begin anew, exactly: nothing that it had noted before it was detached counts afterwards.
package protocol RestartablePrograms: LoadedPrograms {
  /// Forgets all it has counted and noted; to be called while it is detached.
  func clear() throws(BPFError)
}

extension RestartablePrograms {
  /// Forgets all, then attaches again what was detached.
  func restart() throws(CollectorFailure) {
    do throws(BPFError) {
      try clear()
      try reattach()
    } catch {
      throw CollectorFailure(error)
    }
  }
}

extension LoadedPrograms {
  /// Loads the programs in the first form this kernel takes.
  ///
  /// A missing permission ends the search: the other forms would miss it too.
  ///
  /// - Parameters:
  ///   - subject: What the programs are about, for messages.
  ///   - forms: What to try, best first.
  ///   - name: A form's name in the log.
  ///   - failure: What an operator needs to know of a refusal.
  ///   - load: Loads and attaches the programs in one form.
  /// - Throws: the last refusal.
  static func first<Form>(
    _ subject: String, of forms: [Form], name: (Form) -> String, logger: Logger,
    failure: (BPFError) -> CollectorFailure = { CollectorFailure($0) }, load: (Form) throws(BPFError) -> Self
  ) throws(CollectorFailure) -> Self {
    var refusal: BPFError?
    for form in forms {
      do throws(BPFError) {
        return try load(form)
      } catch {
        if error.isPermission { throw failure(error) }
        logger.debug("\(subject) programs refused", metadata: ["form": "\(name(form))", "cause": "\(error)"])
        refusal = error
      }
    }
    throw refusal.map(failure)
      ?? CollectorFailure(.hook, "no form of the \(subject) programs to try", cure: "leave the form open")
  }
}
