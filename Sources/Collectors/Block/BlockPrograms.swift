package import BPF
internal import BPFPrograms
internal import Collecting

/// The programs at the hooks of block requests, and their maps.
package final class BlockPrograms: LoadedPrograms {
  /// A whole disk that had requests.
  struct Device {
    /// As `disk_number()` of bpf/block.h makes it.
    let number: UInt32
    let slot: Int
    let name: String
  }

  /// The counters of one slot, in the order of `struct block_slot`.
  typealias Figures = [UInt64]
  static let words = MemoryLayout<BlockCounters>.stride / 8 * Int(BLOCK_OPERATIONS.rawValue)

  /// The slot that devices without one of their own share.
  static let otherSlot = Int(BLOCK_OTHER_SLOT)

  let slots: Int
  /// Requests that drivers have, by address.
  let requests: HashMap<UInt64, BlockRequest>
  private var object: ProgramObject
  private let counters: MappedArray<BlockSlot>
  private let known: HashMap<UInt32, BlockDevice>
  private let free: QueueMap<UInt32>
  /// What processes without series submitted; nil where that is not counted.
  private let cpus: MappedArray<BlockPerCPU>?

  package var collector: String { "block" }

  /// With `watched`, what processes submit is counted, too.
  init(_ options: BlockOptions, watched: WatchedProcesses?) throws(CollectorFailure) {
    slots = options.devices + 1
    do throws(BPFError) {
      var object = try ProgramObject("block")
      if let watched {
        try watched.share(with: &object)
      } else {
        for map in WatchedProcesses.maps + ["block_cpus"] { try object.omit(map: map) }
        try object.omit(program: "block_bio_queue")
      }
      try object.setCapacity("block_cpus", PossibleCPUs.end)
      try object.setCapacity("block_slots", PossibleCPUs.end * slots)
      try object.setCapacity("block_free_slots", options.devices)
      // also those that share a slot are looked up
      try object.setCapacity("block_devices", max(256, 4 * options.devices))
      try object.setCapacity("block_requests", options.requests)
      try object.configure(
        BlockConfig(
          slots: UInt32(slots),
          flush_seq: Self.requestFlag("__RQF_FLUSH_SEQ", before: 4),
          io_stat: Self.requestFlag("__RQF_IO_STAT", before: 13)))
      try object.load()
      counters = try MappedArray("block_slots", of: object)
      known = try HashMap("block_devices", of: object)
      requests = try HashMap("block_requests", of: object)
      free = try QueueMap("block_free_slots", of: object)
      for slot in 1..<slots { try free.push(UInt32(slot)) }
      // those that take entries away first, so that none is made that stays
      for program in ["block_rq_complete", "block_rq_requeue", "block_rq_issue"] { try object.attach(program) }
      if watched != nil { try object.attach("block_bio_queue") }
      cpus = try watched == nil ? nil : MappedArray("block_cpus", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// A bit of `rq_flags`: an enum has its number, which had no name at first; `before` 6.11 they were macros, and stood
  /// where they had been since 4.10.
  private static func requestFlag(_ name: String, before: Int) -> UInt32 {
    1 << UInt32(KernelTypes.enumerator(name) ?? before)
  }

  /// The disks that had requests, by name.
  func devices() throws(CollectorFailure) -> [Device] {
    var result: [Device] = []
    let isComplete = known.forEach { number, device in
      let name = withUnsafeBytes(of: device.name) { bytes in
        String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
      }
      result.append(Device(number: number, slot: Int(device.slot), name: name))
    }
    guard isComplete else {
      throw CollectorFailure(
        .read, "cannot read the map block_devices",
        cure: "look into the kernel's log (dmesg), and report this with the kernel's version")
    }
    return result.sorted { $0.name < $1.name }
  }

  /// What `slot` holds, over all CPUs and all its owners.
  func figures(_ slot: Int) -> Figures {
    var figures = Figures(repeating: 0, count: Self.words)
    for cpu in 0..<PossibleCPUs.end { counters.addWords(of: cpu * slots + slot, at: 0, to: &figures) }
    return figures
  }

  /// Forgets a disk; the next request of one with its number finds a slot anew.
  func forget(_ device: Device) {
    known.remove(device.number)
    if device.slot != Self.otherSlot { try? free.push(UInt32(device.slot)) }
  }

  /// What is shown by process.
  var details: [ProcessDetailSource] {
    let layout = MemoryLayout<BlockPerCPU>.self
    let reads = layout.offset(of: \.unwatched_reads)!
    let writes = layout.offset(of: \.unwatched_writes)!
    return [
      ProcessDetailSource(
        family: ProcessCollector.blockIOs,
        counters: [
          .init(label: "read", member: \.block_reads) { self.cpus?.sum(offset: reads) ?? 0 },
          .init(label: "write", member: \.block_writes) { self.cpus?.sum(offset: writes) ?? 0 },
        ])
    ]
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  /// Without those that are always full.
  package func maps() -> [MapDescription] {
    object.maps().filter { $0.name == "block_devices" || $0.name == "block_requests" }
  }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    let lost = counters.sum(offset: MemoryLayout<BlockSlot>.offset(of: \.lost)!)
    return [("block_requests", "full", lost)]
  }
}
