/// How much is kept of the kernel's allocations, and shown.
package struct KmemOptions: Sendable, Hashable {
  /// Outstanding allocations there is room for.
  package var allocations = 65_536
  /// Call sites with series of their own.
  package var sites = 20
  /// Time between two readings of the kernel's symbols, at least.
  package var symbolPeriodNanoseconds: UInt64 = 30_000_000_000

  package init() {}
}
