internal import Exposition

/// A collector that was made, and what the set remembers of it.
struct Running {
  let name: String
  let collector: any Collector
  var isFailing = false
  /// Why it has nothing to show, as it was told last.
  var unavailability: CollectorFailure?
  var nextSample: UInt64 = 0
  /// It took so long the last time that it comes last: what others read does not wait for it.
  var isSlow = false
  /// How large its part of the last snapshot was: the next one asks for its memory at once.
  var size = Snapshot.Size()
  /// CPU time of reading it since the budget was checked last, in nanoseconds.
  var cpuTime: UInt64 = 0
  /// The budget has it rest: it is neither read nor shown.
  var isShed = false
  /// When it came back and began to count anew (CLOCK_MONOTONIC, nanoseconds); nil: it counts since it was made.
  var began: UInt64?

  init(name: String, collector: any Collector) {
    self.name = name
    self.collector = collector
  }

  /// It, where the budget may have it rest.
  var sheddable: (any SheddableCollector)? {
    guard let sheddable = collector as? any SheddableCollector, sheddable.canBeShed else { return nil }
    return sheddable
  }

  /// Lets it write; what it wrote before it failed is taken back.
  func collect(into writer: inout SampleWriter) -> CollectorFailure? {
    let mark = writer.mark()
    do throws(CollectorFailure) {
      try collector.collect(into: &writer)
      return nil
    } catch {
      writer.rollBack(to: mark)
      return error
    }
  }
}
