internal import ByteText
internal import Glibc
internal import Host

/// What disks with slots of their own show: counters that never fall, whoever had the slot before and however often the
/// disk comes and goes.
struct BlockTable {
  typealias Figures = BlockPrograms.Figures

  private let paths: HostPaths
  /// By slot: what earlier owners left in it.
  private var left: [Figures?]
  /// What disks had shown when they went, by name: they go on from there if they come back.
  private var carried: [String: Figures] = [:]
  /// When disks' series began at 0, by name; those not in it began with the collectors.
  private var began: [String: UInt64] = [:]
  private var known: Set<String> = []
  /// When it was looked for disks last: those that are new since had no counters then.
  private var lookedAt: UInt64?
  /// The names of disks that are away, the one longest away first: at most as many as there are slots.
  private var away: [String] = []

  init(slots: Int, paths: HostPaths) {
    self.paths = paths
    left = Array(repeating: nil, count: slots)
  }

  /// What a disk with a slot of its own shows.
  func shown(_ device: BlockPrograms.Device, _ figures: Figures) -> Figures {
    var result = figures
    if let base = left[device.slot] { result.subtract(base) }
    if let before = carried[device.name] { result.add(before) }
    return result
  }

  /// Keeps what a disk has shown that is gone; `figures` are those of its slot.
  mutating func retire(_ device: BlockPrograms.Device, _ figures: Figures) {
    carried[device.name] = shown(device, figures)
    left[device.slot] = figures
    away.removeAll { $0 == device.name }
    away.append(device.name)
  }

  /// Forgets the disks that are longest away, where there are too many: they would begin at 0 again.
  mutating func forgetSome(present: Set<String>) {
    away.removeAll { present.contains($0) }
    while away.count >= left.count {
      let name = away.removeFirst()
      carried[name] = nil
      began[name] = nil
      known.remove(name)
    }
  }

  /// Takes note of the disks that had counters of their own at `now`.
  mutating func note(_ present: [BlockPrograms.Device], at now: UInt64) {
    for device in present where device.slot != BlockPrograms.otherSlot && known.insert(device.name).inserted {
      began[device.name] = lookedAt
    }
    lookedAt = now
  }

  /// When the disk's series began at 0, on CLOCK_MONOTONIC in nanoseconds; nil: with the collectors.
  func start(of name: String) -> UInt64? { began[name] }

  /// Whether the disk is there no more, or its number is another's.
  func isGone(_ device: BlockPrograms.Device) -> Bool {
    let folder = sysfsFolder(device.name)
    guard let text = try? SmallFile.text(folder + "/dev") else {
      // the paths of a multipath NVMe disk have no number in sysfs; without sysfs nothing is known to be gone
      return access(folder, F_OK) != 0 && access(paths.sys("block"), F_OK) == 0
    }
    let words = text.split(at: ":").compactMap { UInt32($0) }
    return words.count != 2 || words[0] << 20 | words[1] != device.number
  }

  /// How many requests the driver of the disk has, as the kernel counts them; nil where it keeps no statistics of it.
  func requestsUnderWay(_ name: String) -> UInt64? {
    let folder = sysfsFolder(name)
    guard let text = try? SmallFile.text(folder + "/inflight") else { return nil }
    let counts = text.split(at: " ").compactMap { UInt64($0) }
    guard counts.count == 2 else { return nil }
    let sum = counts[0].addingReportingOverflow(counts[1]).partialValue
    return sum > 0 || (try? SmallFile.unsigned(folder + "/queue/iostats")) == 1 ? sum : nil
  }

  private func sysfsFolder(_ name: String) -> String {
    paths.sys("block/" + String(name.map { $0 == "/" ? "!" : $0 }))
  }
}

extension BlockPrograms.Figures {
  fileprivate mutating func add(_ other: Self) {
    for index in indices { self[index] &+= other[index] }
  }

  fileprivate mutating func subtract(_ other: Self) {
    for index in indices { self[index] &-= other[index] }
  }
}
