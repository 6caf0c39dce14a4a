package import BPF
package import BPFPrograms
internal import Collecting
internal import Logging

/// The programs where packets pass between the stack and the drivers.
package final class NetPrograms: LoadedPrograms {
  /// Which packets get stamps of their own. The first costs less.
  package enum Form: String, Sendable, CaseIterable {
    /// Those that the kernel says it put into a queueing discipline (5.16).
    case stampsAtEnqueue
    /// All that are sent through a device with a queueing discipline.
    case stampsAtQueue
  }

  package let form: Form
  package let cpus: MappedArray<NetPerCPU>
  private var object: ProgramObject
  private let devices: PerCPUHash<DeviceName, DeviceTraffic>
  private let queued: HashMap<QueuedKey, QueuedStamp>

  package var collector: String { "net" }

  /// Loads and attaches the programs in the first form this kernel takes.
  ///
  /// - Parameter hasQueueReasons: the kernel has a tracepoint for why queueing disciplines drop packets.
  static func load(
    options: NetOptions, hasQueueReasons: Bool, logger: Logger
  ) throws(CollectorFailure) -> NetPrograms {
    let forms = options.form.map { [$0] } ?? Form.allCases
    return try first("net", of: forms, name: \.rawValue, logger: logger) { form throws(BPFError) in
      try NetPrograms(form, options: options, hasQueueReasons: hasQueueReasons)
    }
  }

  private init(_ form: Form, options: NetOptions, hasQueueReasons: Bool) throws(BPFError) {
    object = try Self.attached(form, options: options, hasQueueReasons: hasQueueReasons)
    cpus = try MappedArray("net_cpus", of: object)
    devices = try PerCPUHash("network_devices", of: object)
    queued = try HashMap("queued_packets", of: object)
    self.form = form
  }

  private static func attached(
    _ form: Form, options: NetOptions, hasQueueReasons: Bool
  ) throws(BPFError) -> ProgramObject {
    var object = try ProgramObject("net")
    try object.setCapacity("net_cpus", PossibleCPUs.end)
    // one for all that have no room, one for those that are not the host's
    try object.setCapacity("network_devices", options.devices + 2)
    try object.setCapacity("queued_packets", options.queuedPackets)
    if form == .stampsAtQueue { try object.omit(program: "qdisc_enqueue") }
    if !hasQueueReasons { try object.omit(program: "qdisc_drop") }
    try object.configure(
      NetConfig(
        stamps_at_queue: form == .stampsAtQueue ? 1 : 0, all_namespaces: options.includesAllNamespaces ? 1 : 0))
    try object.load()
    let devices = try PerCPUHash<DeviceName, DeviceTraffic>("network_devices", of: object)
    try devices.create(DeviceName(start: 0, rest: 0))
    try devices.create(.ofOtherNamespaces)
    try object.run("find_host", onEach: [0])
    // what takes stamps away first, then what makes them
    try object.attach("kfree_skb")
    if hasQueueReasons { try object.attach("qdisc_drop") }
    try object.attach("netif_receive_skb")
    try object.attach("net_dev_xmit")
    try object.attach("net_dev_start_xmit")
    if form == .stampsAtEnqueue { try object.attach("qdisc_enqueue") }
    try object.attach("net_dev_queue")
    return object
  }

  /// The devices' counters as they are now; what had no room, or no name in UTF-8, has the name "", and what is of other
  /// network namespaces the name `other`.
  func readings() -> [(name: String, counters: DeviceCounters)]? {
    var readings: [(name: String, counters: DeviceCounters)] = []
    let isComplete = devices.forEach { key, traffic in
      readings.append((key.isOfOtherNamespaces ? DeviceTable.other : key.text, DeviceCounters(traffic)))
    }
    return isComplete ? readings : nil
  }

  func forget(_ device: String) { devices.remove(DeviceName(device)) }

  /// Stamps of packets that wait in queueing disciplines.
  var stamps: Int {
    var count = 0
    _ = queued.forEach { _, _ in count += 1 }
    return count
  }

  /// Takes away the stamps from before `time`: some packets leave a queue without a trace.
  func forgetStamps(before time: UInt64) {
    var old: [QueuedKey] = []
    _ = queued.forEach { key, stamp in if stamp.at < time { old.append(key) } }
    for key in old { queued.remove(key) }
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("queued_packets", "full", cpus.sum(offset: MemoryLayout<NetPerCPU>.offset(of: \.lost)!))]
  }
}

extension DeviceName {
  init(_ name: String) {
    self.init()
    withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: Array(name.utf8.prefix($0.count - 1))) }
  }

  /// What devices of other network namespaces share: the rest of a name that has no start.
  static let ofOtherNamespaces = DeviceName(start: 0, rest: UInt64(OTHER_NAMESPACES))

  var isOfOtherNamespaces: Bool { start == 0 && rest == UInt64(OTHER_NAMESPACES) }

  /// Up to the first 0; "" where it is no UTF-8.
  var text: String {
    withUnsafeBytes(of: self) { String(validating: $0.prefix { $0 != 0 }, as: UTF8.self) ?? "" }
  }
}
