internal import CHost
internal import Glibc

/// The kernel's own counts of page faults by mode, from perf events on every CPU: there is no other place that has them.
///
/// What `get_user_pages()` faults in on behalf of a program is in none of them.
package struct PageFaultCounters: ~Copyable {
  package struct Counts: Sendable, Hashable {
    package var userMinor: UInt64 = 0
    package var userMajor: UInt64 = 0
    package var kernelMajor: UInt64 = 0

    package init() {}
  }

  /// The events of one CPU; their descriptors are gone while it is offline.
  private struct Group {
    var descriptors: [CInt] = []
    /// What events counted that are gone.
    var before = Counts()
    var last = Counts()
    var timeEnabled: UInt64 = 0
  }

  /// Opens the three events of a CPU: their descriptors, or the negated `errno`. Tests put another in its place.
  package typealias Open = @Sendable (_ cpu: Int, _ descriptors: inout [CInt]) -> CInt

  /// As a group, the first of which leads.
  package static let systemOpen: Open = { chost_fault_events_open(CInt($0), &$1) }

  private let open: Open
  private var groups: [Group]

  /// Opens the events of CPUs 0 to `cpus` - 1; those that are offline have none.
  ///
  /// EACCES and EPERM mean that CAP_PERFMON is missing, or `perf_event_paranoid` forbids events to all but root.
  package init(cpus: Int, open: @escaping Open = PageFaultCounters.systemOpen) throws(SystemError) {
    self.open = open
    groups = Array(repeating: Group(), count: cpus)
    var opened = 0
    for cpu in 0..<cpus {
      do throws(SystemError) {
        try openGroup(cpu)
        opened += 1
      } catch {
        guard error.errno == ENODEV else { throw error }
      }
    }
    if opened == 0 { throw SystemError(ENODEV, call: "perf_event_open", path: "page-faults") }
  }

  deinit {
    for group in groups { Self.close(group) }
  }

  /// The faults since the events were opened, of all CPUs. `online` are the CPUs that run now, at least those of them that
  /// may have had faults since the last reading.
  ///
  /// Throws where faults are not counted: a CPU came online later, and its events cannot be opened any more.
  package mutating func read(online: [Int]) throws(SystemError) -> Counts {
    var total = Counts()
    for cpu in online where groups.indices.contains(cpu) {
      if !groups[cpu].descriptors.isEmpty && !update(cpu) {
        groups[cpu].before.add(groups[cpu].last)
        groups[cpu].last = Counts()
        Self.close(groups[cpu])
        groups[cpu].descriptors = []
      }
      if groups[cpu].descriptors.isEmpty { try openGroup(cpu) }
    }
    for group in groups {
      total.add(group.before)
      total.add(group.last)
    }
    return total
  }

  /// Reads the events of a CPU; false where they have ended.
  private mutating func update(_ cpu: Int) -> Bool {
    var timeEnabled: UInt64 = 0
    var values: [UInt64] = [0, 0, 0]
    guard chost_fault_events_read(groups[cpu].descriptors[0], &timeEnabled, &values) == 0,
      // events whose CPU was offline stand still for ever
      timeEnabled > groups[cpu].timeEnabled
    else { return false }
    groups[cpu].timeEnabled = timeEnabled
    groups[cpu].last.userMinor = values[0]
    groups[cpu].last.userMajor = values[1]
    groups[cpu].last.kernelMajor = values[2]
    return true
  }

  private mutating func openGroup(_ cpu: Int) throws(SystemError) {
    var descriptors: [CInt] = [-1, -1, -1]
    let error = open(cpu, &descriptors)
    if error != 0 { throw SystemError(-error, call: "perf_event_open", path: "page-faults on CPU \(cpu)") }
    groups[cpu].descriptors = descriptors
    groups[cpu].timeEnabled = 0
  }

  private static func close(_ group: Group) {
    for descriptor in group.descriptors { _ = Glibc.close(descriptor) }
  }
}

extension PageFaultCounters.Counts {
  package mutating func add(_ other: Self) {
    userMinor += other.userMinor
    userMajor += other.userMajor
    kernelMajor += other.kernelMajor
  }
}
