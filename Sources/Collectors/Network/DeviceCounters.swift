internal import BPF
internal import Energy
internal import BPFPrograms

/// What passed one network device, or several: packets, bytes, and the histogram of the waits in its queue.
struct DeviceCounters: Equatable {
  var received: UInt64 = 0
  var receivedBytes: UInt64 = 0
  var sent: UInt64 = 0
  var sentBytes: UInt64 = 0
  /// Waits in its queue.
  var queue = KernelHistogram()

  init() {}

  /// For the devices that `traffic` holds.
  init(of traffic: borrowing MappedArray<DeviceTraffic>) {
    queue = KernelHistogram(of: traffic, first: Int(DEVICE_FIRST_SLOT))
  }

  /// Adds what element `index` holds.
  mutating func add(_ traffic: borrowing MappedArray<DeviceTraffic>, element index: Int) {
    // first what is taken off: it is never more than what it is taken from, which goes on meanwhile
    let (refused, refusedBytes) = (traffic.load(index, \.refused), traffic.load(index, \.refused_bytes))
    let (offered, isIn) = (traffic.load(index, \.offered), traffic.load(index, \.received))
    // no CPU of this lane has seen the device
    if offered == 0 && isIn == 0 && refused == 0 { return }
    received &+= isIn
    receivedBytes &+= traffic.load(index, \.received_bytes)
    sent &+= offered &- refused
    sentBytes &+= traffic.load(index, \.offered_bytes) &- refusedBytes
    queue.add(
      traffic, element: index, offset: MemoryLayout<DeviceTraffic>.offset(of: \.queue)!, count: Int(DEVICE_TIME_SLOTS))
  }

  /// Packets of both directions.
  var packets: UInt64 { received &+ sent }

  static func += (left: inout Self, right: Self) { left.combine(right, &+) }

  /// Each counter's difference, or 0 where it would be negative.
  func subtracting(_ other: Self) -> Self {
    var result = self
    result.combine(other) { $0.subtracting($1) }
    return result
  }

  /// Lets each counter rise, never fall: a packet that the driver refuses is taken back a moment later.
  mutating func raise(to other: Self) { combine(other, max) }

  private mutating func combine(_ other: Self, _ operation: (UInt64, UInt64) -> UInt64) {
    received = operation(received, other.received)
    receivedBytes = operation(receivedBytes, other.receivedBytes)
    sent = operation(sent, other.sent)
    sentBytes = operation(sentBytes, other.sentBytes)
    queue.combine(other.queue, operation)
  }
}
