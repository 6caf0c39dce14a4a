package import BPF
internal import BPFPrograms
internal import Collecting

/// The map of processes with series of their own, which programs of several collectors count into.
package final class WatchedProcesses: LoadedPrograms {
  /// Owns the map; it has no program.
  private let object: ProgramObject
  private let entries: HashMap<UInt32, WatchedProcess>
  /// What `watched_bits` holds, and which processes have each bit.
  private var bits = [UInt64](repeating: 0, count: Int(WATCHED_BITS) / 64)
  private var holders: [Int: Set<UInt32>] = [:]
  /// What the map held at the last pass.
  private var kept: [UInt32: WatchedProcess] = [:]
  private var isComplete = false
  /// Processes that could not be watched since the map was full.
  private var unwatched: UInt64 = 0

  package var collector: String { "process" }

  init(limit: Int) throws(CollectorFailure) {
    do throws(BPFError) {
      let object = try ProgramObject("watched")
      // a place that changes hands is watched twice for a moment
      try object.setCapacity("watched", max(16, 2 * limit))
      try object.load()
      entries = try HashMap("watched", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  static let maps = ["watched", "watched_bits"]

  /// Has `other`, which is not loaded yet, use the maps.
  func share(with other: inout ProgramObject) throws(BPFError) {
    for map in Self.maps { try other.share(map, of: object) }
  }

  /// The same, or leaves the maps out of `other` where nothing is counted by process.
  static func share(_ watched: WatchedProcesses?, with other: inout ProgramObject) throws(BPFError) {
    if let watched { return try watched.share(with: &other) }
    for map in maps { try other.omit(map: map) }
  }

  /// Reads the whole map at once, for `subscript` to answer from.
  func update() {
    kept.removeAll(keepingCapacity: true)
    isComplete = entries.forEach { kept[$0] = $1 }
  }

  /// What is kept of process `tgid`, as of the last update.
  subscript(tgid: UInt32) -> WatchedProcess? { isComplete ? kept[tgid] : entries.value(tgid) }

  func add(_ record: ProcessRecord) {
    var entry = WatchedProcess()
    entry.start_ns = record.start_ns
    do throws(BPFError) {
      try entries.set(record.tgid, entry)
      holders[bit(of: record.tgid), default: []].insert(record.tgid)
      try mark(bit(of: record.tgid))
    } catch {
      unwatched += 1
    }
  }

  func remove(_ tgid: UInt32) {
    entries.remove(tgid)
    let bit = bit(of: tgid)
    holders[bit]?.remove(tgid)
    if holders[bit]?.isEmpty == true { holders[bit] = nil }
    try? mark(bit)
  }

  /// Whether programs look for an entry of `tgid` at all.
  func mayHold(_ tgid: UInt32) -> Bool {
    let bit = bit(of: tgid)
    return bits[bit / 64] >> (bit % 64) & 1 == 1
  }

  private func bit(of tgid: UInt32) -> Int { Int(tgid % UInt32(WATCHED_BITS)) }

  /// Sets a bit that processes have, or takes back one that none has any more.
  private func mark(_ bit: Int) throws(BPFError) {
    let (index, mask) = (bit / 64, UInt64(1) << (bit % 64))
    let word = holders[bit] == nil ? bits[index] & ~mask : bits[index] | mask
    if word == bits[index] { return }
    try object.setElement("watched_bits", index, word)
    bits[index] = word
  }

  package func programs() -> [ProgramStatistics] { [] }
  package func attachments() -> [ProgramAttachment] { [] }
  package func maps() -> [MapDescription] { object.maps() }
  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] { [("watched", "full", unwatched)] }
  package func detach() {}
  package func reattach() throws(BPFError) {}
}
