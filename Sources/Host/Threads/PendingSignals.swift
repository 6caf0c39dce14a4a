internal import CHost

/// Signals that are asked for instead of breaking in: signalfd(2).
package struct PendingSignals: ~Copyable {
  private let descriptor: FileDescriptor

  /// From here on neither the calling thread nor those it makes are interrupted by `signals`.
  package init(_ signals: [CInt]) throws(SystemError) {
    let result = chost_signals_open(signals, CInt(signals.count))
    guard result >= 0 else { throw SystemError(-result, call: "signalfd", path: "this process") }
    descriptor = FileDescriptor(owning: result)
  }

  /// Can be read once one has come.
  package var rawValue: CInt { descriptor.rawValue }

  /// A signal that has come; `isTerminals`: all of the terminal's foreground has it.
  package struct Signal: Sendable, Hashable {
    package let number: CInt
    package let isTerminals: Bool
  }

  /// The next one that has come; nil where none has.
  package func next() -> Signal? {
    var isKernels = false
    let number = chost_signals_next(descriptor.rawValue, &isKernels)
    return number > 0 ? Signal(number: number, isTerminals: isKernels) : nil
  }
}
