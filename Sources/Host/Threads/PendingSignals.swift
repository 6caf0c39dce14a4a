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

  /// The next one that has come; nil where none has.
  package func next() -> CInt? {
    let signal = chost_signals_next(descriptor.rawValue)
    return signal > 0 ? signal : nil
  }
}
