/// What the operator chose for the net collector.
package struct NetOptions: Sendable {
  /// Devices with series of their own.
  package var devices = 64
  /// Packets waiting in queueing disciplines whose wait is measured.
  package var queuedPackets = 8192
  /// How long a device must have been idle before it may lose its series.
  package var graceNanoseconds: UInt64 = 300_000_000_000
  /// Whether devices of other network namespaces than the host's have series, by name together with the host's; for tests.
  var includesAllNamespaces = false
  /// nil: the cheapest this kernel takes.
  package var form: NetPrograms.Form?

  package init() {}
}
