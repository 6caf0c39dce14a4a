package import Host

/// What is allocated and not freed. Sums over CPUs that are read one after the other may be below 0 for a moment.
package struct Outstanding: Hashable, Sendable {
  package var bytes: Int64
  package var count: Int64

  package init(bytes: Int64, count: Int64) {
    self.bytes = bytes
    self.count = count
  }

  fileprivate static func += (left: inout Self, right: Self) {
    left.bytes += right.bytes
    left.count += right.count
  }
}

/// Adds up call sites by the function they lie in.
package final class CallSites {
  package static let other = "other"

  /// The names of addresses, empty where there is none.
  private let look: ([UInt64]) -> [UInt64: String]
  private let period: UInt64
  private var known: [UInt64: String] = [:]
  private var lastLook: UInt64?

  /// - Parameter period: nanoseconds between two readings of the symbols, at least: one takes tens of milliseconds.
  package convenience init(_ symbols: KernelSymbols, period: UInt64) {
    self.init(period: period) { addresses in (try? symbols.names(of: addresses)) ?? [:] }
  }

  init(period: UInt64, look: @escaping ([UInt64]) -> [UInt64: String]) {
    self.period = period
    self.look = look
  }

  /// The `limit` functions with the most bytes, greatest first, and `other` with the rest: what has no name, not yet or
  /// not at all, is in it.
  package func greatest(
    _ limit: Int, of sites: [(address: UInt64, value: Outstanding)], now: UInt64
  ) -> [(name: String, value: Outstanding)] {
    learn(sites, now: now)
    var rest = Outstanding(bytes: 0, count: 0)
    var byName: [String: Outstanding] = [:]
    for (address, value) in sites {
      if let name = known[address], !name.isEmpty {
        byName[name, default: Outstanding(bytes: 0, count: 0)] += value
      } else {
        rest += value
      }
    }
    // names decide between equals, so that two scrapes show the same
    let ordered = byName.filter { $0.value.count != 0 }.sorted {
      ($0.value.bytes, $1.key) > ($1.value.bytes, $0.key)
    }
    for (_, value) in ordered.dropFirst(limit) { rest += value }
    return ordered.prefix(limit).map { ($0.key, $0.value) } + [(Self.other, rest)]
  }

  private func learn(_ sites: [(address: UInt64, value: Outstanding)], now: UInt64) {
    let unknown = sites.map(\.address).filter { $0 != KmemPrograms.otherSite && known[$0] == nil }
    if unknown.isEmpty { return }
    if let lastLook, now < lastLook + period { return }
    lastLook = now
    let names = look(unknown)
    for address in unknown { known[address] = names[address] ?? "" }
  }
}
