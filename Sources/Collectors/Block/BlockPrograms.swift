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

  /// The counters of one slot, in the order of `struct block_slot`, and behind them the fine slots, if any.
  typealias Figures = [UInt64]
  static let words = MemoryLayout<BlockSlot>.stride / 8

  /// The slot that devices without one of their own share.
  static let otherSlot = Int(BLOCK_OTHER_SLOT)

  /// Bytes of kernel memory that slots may take where CPUs are many.
  private static let budget = 1 << 21

  let slots: Int
  /// Requests that drivers have, by address, where the kernel does not keep when they were issued.
  let requests: HashMap<UInt64, BlockRequest>
  private var object: ProgramObject
  let lanes: Lanes
  private let counters: MappedArray<BlockSlot>
  private let cpus: MappedArray<BlockPerCPU>
  private let known: HashMap<UInt32, BlockDevice>
  private let free: QueueMap<UInt32>
  private var generation: UInt32 = 0

  package var collector: String { "block" }

  /// With `watched`, what processes submit is counted, too.
  init(_ chosen: CollectorOptions, watched: WatchedProcesses?) throws(CollectorFailure) {
    let options = chosen.block
    slots = options.devices + 1
    lanes = Lanes(size: slots * MemoryLayout<BlockSlot>.stride, budget: Self.budget)
    do throws(BPFError) {
      var object = try ProgramObject("block")
      try WatchedProcesses.share(watched, with: &object)
      if watched == nil { try object.omit(program: "block_bio_queue") }
      try object.setCapacity("block_cpus", PossibleCPUs.end)
      try object.setCapacity("block_slots", lanes.count * slots)
      try object.setCapacity("block_free_slots", options.devices)
      // also those that share a slot are looked up
      try object.setCapacity("block_devices", max(256, 4 * options.devices))
      try object.setCapacity("block_requests", options.requests)
      try object.configure(Self.config(options, slots: slots, lanes: lanes))
      if chosen.hasFineHistograms { try object.refine("block_slots") }
      try object.load()
      counters = try MappedArray("block_slots", of: object)
      cpus = try MappedArray("block_cpus", of: object)
      known = try HashMap("block_devices", of: object)
      requests = try HashMap("block_requests", of: object)
      free = try QueueMap("block_free_slots", of: object)
      for slot in 1..<slots { try free.push(UInt32(slot)) }
      // those that take entries away first, so that none is made that stays
      for program in ["block_rq_complete", "block_rq_requeue", "block_rq_issue"] { try object.attach(program) }
      if watched != nil { try object.attach("block_bio_queue") }
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// The bits of flags that programs ask for: an enum has their numbers, some of which had no name at first; before 6.11
  /// they were macros, and stood where they had been since 4.12 and earlier.
  private static func config(_ options: BlockOptions, slots: Int, lanes: Lanes) -> BlockConfig {
    let values = KernelTypes.values([
      "__RQF_FLUSH_SEQ", "__RQF_IO_STAT", "__RQF_STATS", "QUEUE_FLAG_STATS",
    ])
    func bit(_ index: Int, before: Int) -> UInt32 { 1 << UInt32(values[index] ?? before) }
    return BlockConfig(
      slots: UInt32(slots), flush_seq: bit(0, before: 4), io_stat: bit(1, before: 13),
      stats: options.usesKernelTimes ? bit(2, before: 17) : 0,
      queue_stats: options.usesKernelTimes ? bit(3, before: 20) : 0,
      lane_shift: UInt8(lanes.shift), unused: (0, 0, 0))
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

  var isFine: Bool { counters.isFine }

  /// What `slot` holds, over all lanes and all its owners.
  func figures(_ slot: Int) -> Figures {
    let eighths = isFine ? Int(FINE_SLOTS) : 0
    var figures = Figures(repeating: 0, count: Self.words * (1 + eighths))
    let width = MemoryLayout<BlockCounters>.stride / 8
    let times = MemoryLayout<BlockCounters>.offset(of: \.duration)! / 8
    for lane in 0..<lanes.count {
      for operation in stride(from: 0, to: Self.words, by: width) {
        // where nothing was counted there are no times
        let isUsed = (operation..<operation + times).contains {
          counters.load(lane * slots + slot, offset: $0 * 8) != 0
        }
        if !isUsed { continue }
        let fine = counters.fineOffset(of: operation * 8) / 8
        for words in [operation..<operation + width, fine..<fine + width * eighths] {
          for word in words { figures[word] &+= counters.load(lane * slots + slot, offset: word * 8) }
        }
      }
    }
    return figures
  }

  /// Forgets a disk; the next request of one with its number finds a slot anew.
  func forget(_ device: Device) {
    known.remove(device.number)
    generation &+= 1
    // while CPUs may still count there, nobody else gets the place
    guard (try? object.setVariable("generation", generation)) != nil, device.slot != Self.otherSlot else { return }
    try? free.push(UInt32(device.slot))
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
          .init(label: "read", member: \.block_reads) { self.cpus.sum(offset: reads) },
          .init(label: "write", member: \.block_writes) { self.cpus.sum(offset: writes) },
        ])
    ]
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] {
    object.maps().map { map in
      var map = map
      // others are always full
      map.isSized = ["block_devices", "block_requests"].contains(map.name)
      return map
    }
  }
  package func detach() { object.detach() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("block_requests", "full", cpus.sum(offset: MemoryLayout<BlockPerCPU>.offset(of: \.lost)!))]
  }
}
