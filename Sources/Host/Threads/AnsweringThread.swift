import Glibc
internal import Synchronization

/// A thread that answers one question at a time. Who asks waits a bounded time: what answers may be kept by a driver in
/// trouble for as long as it likes.
final class AnsweringThread<Question: Sendable, Answer: Sendable>: Sendable {
  private struct Mailbox {
    /// Stays until it is answered.
    var question: Question?
    var answer: Answer?
    var hasEnded = false
    /// There is nothing that could answer.
    var isUnable = false
  }

  /// What became of a question.
  enum Outcome {
    case answered(Answer)
    /// It is not answered yet, or an earlier one is not.
    case late
    /// The thread will answer none.
    case unable
  }

  private let mailbox = Mutex(Mailbox())
  private let asked: EventDescriptor
  private let answered: EventDescriptor

  /// Starts the thread. It takes no signals.
  ///
  /// - Parameter prepare: called on the thread; returns what answers there, or nil: it is unable to.
  init(_ prepare: @escaping @Sendable () -> ((Question) -> Answer)?) throws(SystemError) {
    asked = try EventDescriptor()
    answered = try EventDescriptor()
    try OwnThread.start { self.run(prepare) }
  }

  /// Asks, and waits so long for the answer.
  func ask(_ question: Question, milliseconds: CInt) -> Outcome {
    answered.clear()
    let isFree = mailbox.withLock { mailbox in
      guard mailbox.question == nil, !mailbox.isUnable else { return false }
      mailbox.question = question
      mailbox.answer = nil
      return true
    }
    if isFree {
      asked.signal()
      answered.wait(milliseconds: milliseconds)
    }
    return takeAnswer(isMine: isFree)
  }

  /// The answer to a question that was late.
  func takeLateAnswer() -> Outcome { takeAnswer(isMine: true) }

  private func takeAnswer(isMine: Bool) -> Outcome {
    mailbox.withLock { mailbox in
      if mailbox.isUnable { return .unable }
      guard isMine, mailbox.question == nil, let answer = mailbox.answer.take() else { return .late }
      return .answered(answer)
    }
  }

  /// Lets the thread end, once it is back.
  func end() {
    mailbox.withLock { $0.hasEnded = true }
    asked.signal()
  }

  private func run(_ prepare: () -> ((Question) -> Answer)?) {
    guard let answer = prepare() else {
      mailbox.withLock { $0.isUnable = true }
      answered.signal()
      return
    }
    while true {
      asked.wait(milliseconds: -1)
      asked.clear()
      let (question, hasEnded) = mailbox.withLock { ($0.question, $0.hasEnded) }
      if let question {
        let text = answer(question)
        mailbox.withLock {
          $0.answer = text
          $0.question = nil
        }
        answered.signal()
      }
      if hasEnded { return }
    }
  }
}
