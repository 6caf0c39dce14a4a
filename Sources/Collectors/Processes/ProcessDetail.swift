internal import BPFPrograms

/// Figures by process that programs of several collectors count: nothing but 64-bit counters.
extension ProcessDetail: CounterStruct {
  /// Counter by counter, the larger one.
  func raised(to other: ProcessDetail) -> ProcessDetail { merged(other, max) }

  /// The count of an event that is counted by process.
  subscript(event: ProcessorEvent) -> UInt64 {
    withUnsafeBytes(of: events) { $0.bindMemory(to: UInt64.self)[event.rawValue] }
  }
}
