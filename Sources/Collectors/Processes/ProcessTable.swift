internal import BPFPrograms
internal import Energy

/// Which processes there are, which have series, and what all of them used: no figure is lost, none counted twice.
///
/// Fed one pass over all tasks at a time, by `TaskTables`. A process is known by its id and start time. `other` is everything used since the
/// first pass less what is in series of their own, so the sum over all series is right at every moment, whatever is
/// admitted or goes.
struct ProcessTable {
  /// A living process without regard to whether it has a series.
  struct Known {
    let startTime: UInt64
    var runtime: UInt64 = 0
    var lastRuntime: UInt64 = 0
    /// Recent CPU time in nanoseconds, decaying.
    var score: Double = 0
    var pass: UInt64 = 0
    /// Index into `series`, or -1.
    var series = -1
    /// Its control group, as the table of those numbers it, or -1.
    var group: Int32 = -1
    var isKernel = false
    /// What it did, by package.
    var weights = Weights.zero
    /// For how much of that it had its part of the measured energy.
    var counted = Weights.zero
    /// The last pass found less done than was counted.
    var hasFallen = false
  }

  /// What the table asks and tells as processes get series and lose them.
  struct Events {
    /// Watches a process that gets series, and finds its control group's path.
    var admit: (ProcessRecord) -> String
    /// The process is no longer watched.
    var forget: (UInt32) -> Void
    /// A living process gets series.
    var begins: (inout ProcessSeries, Known) -> Void
    /// A series is no more.
    var ends: (borrowing ProcessSeries) -> Void
  }

  let options: ProcessOptions
  var series: [ProcessSeries] = []
  /// Everything not in `series`; never falls.
  private(set) var other = TaskUsage()
  private(set) var otherCPU = CPUTimeSplit()
  /// Living processes without a series: their memory and threads.
  var otherResident: UInt64 = 0
  var otherVirtual: UInt64 = 0
  var otherThreads: UInt64 = 0

  var known: [UInt32: Known] = [:]
  /// The series of living processes that lost their places to busier ones.
  var retained: [UInt32: ProcessSeries] = [:]
  /// Series that went since the last scrape, which had them: at most as many as there are places.
  var departed: [UInt32: [ProcessSeries]] = [:]
  /// Of the pass under way, by series.
  private var current: [TaskUsage] = []
  var records: [ProcessRecord?] = []
  /// Memory that other threads have told of than the first, by process: few have any such.
  var memory: [UInt32: MemoryRecord] = [:]
  var candidates: [ProcessRecord] = []
  private var total = TaskUsage()
  private(set) var pass: UInt64 = 0
  var time: UInt64 = 0
  /// Between the last two passes.
  private(set) var elapsed: UInt64 = 0
  /// What is left of a score after the time since the last pass.
  private(set) var decay: Double = 0
  /// Entries of `known` seen in the pass under way.
  private var seen = 0
  /// A series ended: `known` may still point at it.
  var hasEnded = false
  /// A living process has another name or control group than before this pass.
  var hasRenamed = false
  /// Series that this pass takes away, by their indexes: all at once, at its end.
  var leaving: Set<Int> = []
  /// How often `known` was brought in line with `series`, which takes a step for each process.
  var reindexings = 0
  private var baseline: TaskUsage?
  /// What series that are gone had used, and of that the system time.
  var goneUsed = TaskUsage()
  var goneSystem: UInt64 = 0
  /// What was counted for series that are gone, and never shown: to be added to what had no series.
  var otherDetail = ProcessDetail()
  /// Microjoules that processes without series used, and of that the last windows'.
  var otherEnergy = DomainValues<UInt64>()
  var otherShare = EnergyLedger.Share()
  /// Processes whose ids this pass found to be others': they have ended. Nil: nobody asks.
  var ended: [Known]?

  init(options: ProcessOptions) { self.options = options }

  mutating func beginPass(now: UInt64) {
    elapsed = pass == 0 ? 0 : now.subtracting(time)
    decay = elapsed == 0 ? 0 : 1 / (1 + Double(elapsed) / 60e9)
    time = now
    seen = 0
    pass += 1
    total = TaskUsage()
    otherResident = 0
    otherVirtual = 0
    otherThreads = 0
    candidates.removeAll(keepingCapacity: true)
    memory.removeAll(keepingCapacity: true)
    current = Array(repeating: TaskUsage(), count: series.count)
    records = Array(repeating: nil, count: series.count)
  }

  /// Adds a process; returns where `known` has it.
  ///
  /// - Parameter weights: what the leader did, and its threads that ended; nil where run time tells.
  @discardableResult
  mutating func add(_ record: ProcessRecord, weights: Weights? = nil) -> Dictionary<UInt32, Known>.Values.Index {
    total += record.usage
    let index = index(of: record)
    see(index)
    known.values[index].isKernel = record.is_kernel != 0
    known.values[index].runtime &+= record.usage.runtime_ns
    known.values[index].weights &+= weights ?? Weights(runTime: record.usage.runtime_ns)
    let position = known.values[index].series
    if position >= 0 {
      current[position] += record.usage
      records[position] = record
      return index
    }
    otherResident += record.resident_bytes
    otherVirtual += record.virtual_bytes
    otherThreads += UInt64(record.threads)
    // the threads of a process come later: only then is it seen whether it matters
    if record.threads > 1 || score(known.values[index]) >= Double(options.thresholdNanoseconds) {
      candidates.append(record)
    }
    return index
  }

  /// Where `known` has the process; a new one, perhaps with the id of an old one, is added.
  private mutating func index(of record: ProcessRecord) -> Dictionary<UInt32, Known>.Values.Index {
    if let index = known.index(forKey: record.tgid) {
      if known.values[index].startTime != record.start_ns {
        if known.values[index].pass == pass { seen -= 1 }
        ended?.append(known.values[index])
        known.values[index] = Known(startTime: record.start_ns)
      }
      return index
    }
    known[record.tgid] = Known(startTime: record.start_ns)
    return known.index(forKey: record.tgid)!
  }

  /// Begins this pass for an entry; ids wrap around, so a thread may come before its leader.
  private mutating func see(_ index: Dictionary<UInt32, Known>.Values.Index) {
    if known.values[index].pass == pass { return }
    known.values[index].lastRuntime = known.values[index].runtime
    known.values[index].runtime = 0
    known.values[index].weights = .zero
    known.values[index].pass = pass
    seen += 1
  }

  mutating func add(_ record: ThreadRecord, weights: Weights? = nil) {
    total += record.usage
    guard let index = known.index(forKey: record.tgid) else { return }
    see(index)
    known.values[index].runtime &+= record.usage.runtime_ns
    known.values[index].weights &+= weights ?? Weights(runTime: record.usage.runtime_ns)
    let position = known.values[index].series
    if position >= 0 { current[position] += record.usage }
  }

  /// Brings the series up to what this pass found.
  ///
  /// - Parameters:
  ///   - watched: what the kernel kept of a watched process.
  ///   - forget: called for each process that is no longer watched.
  /// - Returns: what all processes used since the first pass.
  mutating func updateSeries(
    dead: TaskUsage, watched: (UInt32) -> WatchedProcess?, forget: (UInt32) -> Void
  ) -> TaskUsage {
    var all = total
    all += dead
    let baseline = self.baseline ?? all
    self.baseline = baseline
    placeMemory()
    updateSeries(watched, forget)
    return all.subtracting(baseline)
  }

  /// Settles who has series after this pass, and what the others used.
  ///
  /// - Parameter all: what all processes used since the first pass.
  mutating func updateMembership(all: TaskUsage, _ events: Events) {
    updateScores()
    // in this order: what comes back within the grace time finds its old series
    if pass > 1 { admitCandidates(events) }
    retireFormerNames()
    retireEnded()
    removeLeaving(events)
    updateOther(all)
  }

  /// Ends the pass: what it did not see is gone.
  mutating func endPass() {
    if seen < known.count { known = known.filter { $0.value.pass == pass } }
    if !retained.isEmpty { retained = retained.filter { known[$0.key]?.startTime == $0.value.startTime } }
  }

  private mutating func updateSeries(_ watched: (UInt32) -> WatchedProcess?, _ forget: (UInt32) -> Void) {
    for index in series.indices {
      if series[index].isFinal { continue }
      let kept = watched(series[index].tgid).flatMap { $0.start_ns == series[index].startTime ? $0 : nil }
      if let kept {
        var detail = series[index].carriedDetail
        detail += kept.detail
        series[index].detail = series[index].detail.raised(to: detail)
      }
      if let record = records[index] {
        current[index].runqueue_ns += kept?.dead_runqueue_ns ?? 0
        Self.advance(&series[index], to: current[index])
        series[index].record = record
        if changedName(series[index], record) {
          end(index)
          // what the process uses from now on is not this series'
          series[index].isFinal = true
          series[index].isFormerName = true
          hasRenamed = true
          forget(series[index].tgid)
        }
      } else {
        if series[index].endedAt == nil { end(index) }
        if let kept, kept.is_dead != 0 {
          var final = kept.final
          final.runqueue_ns = kept.dead_runqueue_ns
          Self.advance(&series[index], to: final)
          series[index].isFinal = true
        }
      }
    }
  }

  private static func advance(_ one: inout ProcessSeries, to now: TaskUsage) {
    let system = CPUTimeSplit.system(of: now.runtime_ns, userTicks: now.user_ns, systemTicks: now.system_ns)
    guard let base = one.base else {
      one.base = now
      one.baseSystem = system
      return
    }
    var used = one.carried
    used += now.subtracting(base)
    one.used = one.used.raised(to: used)
    let target = one.carriedSystem + system.subtracting(one.baseSystem)
    one.cpu.advance(to: one.used.runtime_ns, systemTarget: target)
  }

  private mutating func end(_ index: Int) {
    series[index].endedAt = time
    series[index].record = nil
    hasEnded = true
  }

  /// After exec or a move to another group the labels are wrong: the old series ends, a new one may begin.
  private func changedName(_ one: borrowing ProcessSeries, _ record: ProcessRecord) -> Bool {
    one.cgroupKey != record.cgroup || !record.isNamed(one.comm)
  }

  private mutating func updateScores() {
    for index in known.values.indices where known.values[index].pass == pass {
      known.values[index].score = score(known.values[index])
    }
  }

  /// The score at the end of this pass.
  private func score(_ entry: Known) -> Double {
    entry.score * decay + (pass > 1 ? Double(entry.runtime.subtracting(entry.lastRuntime)) : 0)
  }

  private mutating func updateOther(_ all: TaskUsage) {
    var own = goneUsed
    var ownSystem = goneSystem
    for one in series {
      own += one.used
      ownSystem += one.cpu.system
    }
    other = other.raised(to: all.subtracting(own))
    let system = CPUTimeSplit.system(of: all.runtime_ns, userTicks: all.user_ns, systemTicks: all.system_ns)
    otherCPU.advance(to: other.runtime_ns, systemTarget: system.subtracting(ownSystem))
  }
}
