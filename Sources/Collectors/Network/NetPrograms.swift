package import BPF
package import BPFPrograms
internal import Collecting
internal import Logging

/// The programs where packets pass between the stack and the drivers.
package final class NetPrograms: RestartablePrograms {
  /// Which packets get stamps of their own. The first costs less.
  package enum Form: String, Sendable, CaseIterable {
    /// Those that the kernel says it put into a queueing discipline (5.16).
    case stampsAtEnqueue
    /// All that are sent through a device with a queueing discipline.
    case stampsAtQueue
  }

  package let form: Form
  package let cpus: MappedArray<NetPerCPU>
  /// One element per lane of CPUs.
  package let drops: MappedArray<DropCounts>
  private var object: ProgramObject
  private let slots: Int
  private let lanes: Lanes
  private let devices: HashMap<DeviceName, UInt32>
  private let free: QueueMap<UInt32>
  private let traffic: MappedArray<DeviceTraffic>
  /// By slot: what earlier owners left in it.
  private var left: [Int: DeviceCounters] = [:]
  /// Slots that were given up, but not handed out again yet: a packet may still be counted there.
  private var givenUp: [Int] = []
  private let queued: HashMap<QueuedKey, QueuedStamp>

  /// Bytes of kernel memory that slots may take where CPUs are many.
  private static let budget = 1 << 20
  /// The same for the counters of drops: reasons are many, and few packets dropped.
  private static let dropBudget = 1 << 17

  package var collector: String { "net" }

  /// Loads and attaches the programs in the first form this kernel takes.
  ///
  /// - Parameter hasQueueReasons: the kernel has a tracepoint for why queueing disciplines drop packets.
  static func load(
    options: CollectorOptions, hasQueueReasons: Bool, logger: Logger
  ) throws(CollectorFailure) -> NetPrograms {
    let forms = options.net.form.map { [$0] } ?? Form.allCases
    return try first("net", of: forms, name: \.rawValue, logger: logger) { form throws(BPFError) in
      try NetPrograms(form, options: options, hasQueueReasons: hasQueueReasons)
    }
  }

  private init(_ form: Form, options: CollectorOptions, hasQueueReasons: Bool) throws(BPFError) {
    slots = options.net.devices + Int(DEVICE_SHARED_SLOTS)
    lanes = Lanes(size: slots * MemoryLayout<DeviceTraffic>.stride, budget: Self.budget)
    object = try Self.attached(
      form, options: options, hasQueueReasons: hasQueueReasons, slots: slots, lanes: lanes)
    cpus = try MappedArray("net_cpus", of: object)
    traffic = try MappedArray("network_traffic", of: object)
    drops = try MappedArray("network_drops", of: object)
    free = try QueueMap("network_free_slots", of: object)
    devices = try HashMap("network_devices", of: object)
    queued = try HashMap("queued_packets", of: object)
    self.form = form
  }

  private static func attached(
    _ form: Form, options: CollectorOptions, hasQueueReasons: Bool, slots: Int, lanes: Lanes
  ) throws(BPFError) -> ProgramObject {
    var object = try ProgramObject("net")
    try object.setCapacity("net_cpus", PossibleCPUs.end)
    try object.setCapacity("network_traffic", lanes.count * slots)
    let dropLanes = Lanes(size: MemoryLayout<DropCounts>.stride, budget: dropBudget)
    try object.setCapacity("network_drops", dropLanes.count)
    try object.setCapacity("network_free_slots", options.net.devices)
    // also those that share a slot are looked up
    try object.setCapacity("network_devices", 4 * max(64, options.net.devices))
    try object.setCapacity("queued_packets", options.net.queuedPackets)
    if form == .stampsAtQueue { try object.omit(program: "qdisc_enqueue") }
    if !hasQueueReasons { try object.omit(program: "qdisc_drop") }
    if options.hasFineHistograms { try object.refine("network_traffic") }
    try object.configure(
      NetConfig(
        slots: UInt32(slots), lane_shift: UInt8(lanes.shift), drop_shift: UInt8(dropLanes.shift),
        stamps_at_queue: form == .stampsAtQueue ? 1 : 0, all_namespaces: options.net.includesAllNamespaces ? 1 : 0))
    try object.load()
    try fill(QueueMap("network_free_slots", of: object), slots: slots)
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
    var readings = [
      (name: "", counters: figures(Int(DEVICE_CROWD_SLOT))),
      (name: DeviceTable.other, counters: figures(Int(DEVICE_NAMESPACES_SLOT))),
    ]
    let isComplete = devices.forEach { key, slot in
      guard slot >= DEVICE_SHARED_SLOTS else { return }
      let counters = figures(Int(slot))
      readings.append((key.text, left[Int(slot)].map { counters.subtracting($0) } ?? counters))
    }
    return isComplete ? readings : nil
  }

  /// What `slot` holds, over all lanes and all its owners.
  private func figures(_ slot: Int) -> DeviceCounters {
    var sum = DeviceCounters(of: traffic)
    for lane in 0..<lanes.count { sum.add(traffic, element: lane * slots + slot) }
    return sum
  }

  /// Gives up a device's place; its next packet finds one anew.
  func forget(_ device: String) {
    let name = DeviceName(device)
    guard let slot = devices.value(name) else { return }
    devices.remove(name)
    if slot >= DEVICE_SHARED_SLOTS { givenUp.append(Int(slot)) }
  }

  /// Hands out the places that devices have given up before, once nothing is counted there any more.
  func handOutPlaces() {
    for slot in givenUp {
      left[slot] = figures(slot)
      try? free.push(UInt32(slot))
    }
    var crowd: [DeviceName] = []
    _ = devices.forEach { key, slot in if slot < DEVICE_SHARED_SLOTS { crowd.append(key) } }
    // one of them may have a place now; names that come and go must not fill the map
    if !givenUp.isEmpty || crowd.count > slots { for name in crowd { devices.remove(name) } }
    givenUp = []
  }

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
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func clear() throws(BPFError) {
    try object.clear()
    left = [:]
    givenUp = []
    try Self.fill(free, slots: slots)
  }

  /// All places are free.
  private static func fill(_ free: borrowing QueueMap<UInt32>, slots: Int) throws(BPFError) {
    for slot in Int(DEVICE_SHARED_SLOTS)..<slots { try free.push(UInt32(slot)) }
  }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("queued_packets", "full", cpus.sum(offset: MemoryLayout<NetPerCPU>.offset(of: \.lost)!))]
  }
}

extension DeviceName {
  init(_ name: String) {
    self.init()
    withUnsafeMutableBytes(of: &self) { $0.copyBytes(from: Array(name.utf8.prefix($0.count - 1))) }
  }

  /// Up to the first 0; "" where it is no UTF-8.
  var text: String {
    withUnsafeBytes(of: self) { String(validating: $0.prefix { $0 != 0 }, as: UTF8.self) ?? "" }
  }
}
