/// Which device interrupts get their own series.
package struct IRQOptions: Sendable, Hashable {
  /// At most this many device interrupts have their own series; the rest is in `other`.
  package var limit = 64
  /// Which form of the programs to use; nil: the best this kernel takes.
  package var form: InterruptPrograms.Form?

  package init() {}
}
