internal import Energy
internal import BPFPrograms

/// What passed one network device, or several: packets, bytes, and the histogram of the waits in its queue.
struct DeviceCounters: Equatable {
  static let slots = Int(HISTOGRAM_SLOTS)

  var received: UInt64 = 0
  var receivedBytes: UInt64 = 0
  var sent: UInt64 = 0
  var sentBytes: UInt64 = 0
  /// The histogram's slots, then its sum in nanoseconds.
  var queue = [UInt64](repeating: 0, count: slots + 1)

  init() {}

  init(_ traffic: DeviceTraffic) {
    received = traffic.received
    receivedBytes = traffic.received_bytes
    sent = traffic.offered.subtracting(traffic.refused)
    sentBytes = traffic.offered_bytes.subtracting(traffic.refused_bytes)
    withUnsafeBytes(of: traffic.queue) { bytes in
      for index in queue.indices { queue[index] = bytes.load(fromByteOffset: index * 8, as: UInt64.self) }
    }
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
    for index in queue.indices { queue[index] = operation(queue[index], other.queue[index]) }
  }
}
