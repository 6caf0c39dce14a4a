/// What the operator chose for the tcp collector.
package struct TCPOptions: Sendable {
  /// Connections being made whose time is measured.
  package var connects = 16_384

  package init() {}
}
