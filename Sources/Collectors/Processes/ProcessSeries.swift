internal import BPFPrograms
internal import Energy
internal import Exposition

/// One process with series of its own.
struct ProcessSeries {
  let tgid: UInt32
  let startTime: UInt64
  let comm: [UInt8]
  let cgroupKey: CgroupKey
  let cgroup: String
  var labels: PreparedLabels
  /// What it had used before its counters began, which is in `other`; nil until the pass after its admission, which is
  /// the first to add up all its threads for it.
  var base: TaskUsage?
  var baseSystem: UInt64 = 0
  /// What a series of the same labels had shown before: this one goes on from there.
  var carried = TaskUsage()
  var carriedSystem: UInt64 = 0
  /// Used since; never falls.
  var used = TaskUsage()
  var cpu = CPUTimeSplit()
  /// What programs of other collectors counted; never falls.
  var detail = ProcessDetail()
  var carriedDetail = ProcessDetail()
  var energy = SeriesEnergy()
  /// Of `energy`, what it used in the last windows.
  var share = EnergyLedger.Share()
  /// Its leaf in the ledger, -1 where it has none: it is a kernel thread's, or no energy is attributed.
  var leaf = -1
  /// The control group its energy counts for, -1 where that is not known.
  var leafGroup = -1
  /// Set from the pass that finds the process ended until what it did last is read.
  var awaited: Awaited?
  /// As the last scrape showed them.
  var shownUsed = TaskUsage()
  var shownCPU = CPUTimeSplit()
  var shownDetail = ProcessDetail()
  /// The last scrape had it.
  var isShown = false
  /// The last record; nil once it ended.
  var record: ProcessRecord?
  let admittedAt: UInt64
  /// When its counters began at 0: as it was admitted, or a series was that it continues.
  var startedAt: UInt64
  var endedAt: UInt64?
  /// Its process lives on under another name, or in another control group.
  var isFormerName = false
  /// Its final figures have been read.
  var isFinal = false

  /// A process of which what it did last is yet to be read.
  struct Awaited {
    /// What its leaf has had.
    let counted: Weights
    /// The control group it was in.
    let group: Int
  }

  /// As it was last shown, to go on from where it comes back.
  var afterAbsence: ProcessSeries {
    var one = self
    one.used = shownUsed
    one.cpu = shownCPU
    one.detail = shownDetail
    one.energy = energy.afterAbsence()
    one.leaf = -1
    return one
  }

  /// Whether nobody could tell the two apart in what is shown.
  func hasLabels(of other: ProcessSeries) -> Bool {
    tgid == other.tgid && comm == other.comm && cgroup.utf8.elementsEqual(other.cgroup.utf8)
  }
}

extension ProcessRecord {
  /// `comm` up to its NUL.
  var name: [UInt8] {
    withUnsafeBytes(of: comm) { Array($0.prefix { $0 != 0 }) }
  }

  /// Whether `comm` up to its NUL is `name`; without a copy of it.
  func isNamed(_ name: [UInt8]) -> Bool {
    withUnsafeBytes(of: comm) { $0.prefix { $0 != 0 }.elementsEqual(name) }
  }
}
