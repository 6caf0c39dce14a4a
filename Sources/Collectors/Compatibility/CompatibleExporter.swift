internal import Exposition

/// The exporters whose names for energy can be served, too; the words of `--compat`.
package enum CompatibleExporter: String, CaseIterable, Sendable {
  case kepler
  case scaphandre
  /// node_exporter.
  case node
}

/// The families of one other exporter.
protocol CompatibleFamilies: AnyObject {
  /// Those whose names are known before any zone is.
  static var families: [Family] { get }

  func write(_ figures: EnergyFigures, to writer: inout SampleWriter)
}

/// The labels of processes or control groups that have series: made once for each, forgotten with it.
struct LabelCache<Key: Hashable, Labels> {
  private var labels: [Key: Labels] = [:]

  /// Those of each of `keys`, in their order.
  mutating func labels(_ keys: [Key], make: (Int) -> Labels) -> [Labels] {
    var kept: [Key: Labels] = [:]
    kept.reserveCapacity(keys.count)
    let all = keys.enumerated().map { index, key in
      let one = labels[key] ?? make(index)
      kept[key] = one
      return one
    }
    labels = kept
    return all
  }
}
