internal import BPF
internal import Collecting
internal import Logging

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
