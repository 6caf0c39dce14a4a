import Collectors
import Glibc
import Host
import Logging

/// The privileged helper, as far as this start wants and has something for it to do.
struct Helper {
  let helper: PrivilegedHelper
  let duties: PrivilegedHelper.Duties

  var switchesStatistics: Bool { duties.contains(.statistics) }
}

extension Wattprobe {
  /// Starts the helper for what the program cannot do itself once its privileges are gone; nil where that is nothing.
  func startHelper(_ options: CollectorOptions, _ logger: Logger) -> Helper? {
    let present = Capabilities.effective
    var duties: PrivilegedHelper.Duties = []
    var kept: Capabilities = []
    func take(_ duty: PrivilegedHelper.Duties, by capability: Capabilities) {
      duties.insert(duty)
      kept.insert(capability)
    }
    if hasStatistics, present.contains(.sysAdmin) {
      take(.statistics, by: .sysAdmin)
    } else if hasStatistics {
      logger.notice(
        "no run-time statistics of eBPF programs",
        metadata: ["cause": "CAP_SYS_ADMIN is missing", "cure": "grant it, or give --no-bpf.statistics"])
    }
    if options.enabled.contains("bpf"), present.contains(.sysAdmin) { take(.objects, by: .sysAdmin) }
    let opensFiles = options.enabled.contains("energy")
    if opensFiles, present.contains(.dacReadSearch) { take(.files, by: .dacReadSearch) }
    if !options.enabled.isDisjoint(with: ["energy", "faults", "pmu"]),
      let capability = Self.capabilityForEvents(present)
    {
      take(.events, by: capability)
    }
    if duties.isEmpty { return nil }
    do throws(SystemError) {
      return Helper(helper: try PrivilegedHelper(for: duties, keeping: kept, paths: options.paths), duties: duties)
    } catch {
      logger.warning(
        "no run-time statistics of eBPF programs, and no sensor that returns is opened again",
        metadata: ["cause": "\(error)"])
      return nil
    }
  }

  /// What it takes to open perf events of all tasks, which the kernel is asked for: CAP_PERFMON does not suffice everywhere.
  /// Nil where nothing is needed, or nothing that is there helps.
  private static func capabilityForEvents(_ present: Capabilities) -> Capabilities? {
    func suffices(_ capabilities: Capabilities) -> Bool {
      // PERF_COUNT_SW_DUMMY of PERF_TYPE_SOFTWARE
      let event = Capabilities.withOnly(capabilities) { PerfCounter.systemOpen(1, 9, 0) }
      if event >= 0 { close(event) }
      return event != -EACCES && event != -EPERM
    }
    if suffices([]) { return nil }
    return [Capabilities.perfmon, .sysAdmin].first { present.contains($0) && suffices($0) }
  }
}

extension CollectorOptions {
  /// Has the helper open what this process may not.
  mutating func fallBack(on helper: Helper) {
    if helper.duties.contains(.files) {
      energy.calls.files.open = { [open = energy.calls.files.open, helper = helper.helper] path in
        Self.first(open(path)) { helper.openFile(path) }
      }
    }
    if helper.duties.contains(.objects) {
      bpf.next = { [own = LoadedObject.next(paths: paths), helper = helper.helper] kind, id in
        let result = own(kind, id)
        guard case .failure(let error) = result, error.errno == EPERM || error.errno == EACCES else { return result }
        return helper.nextObject(kind, after: id)
      }
    }
    if helper.duties.contains(.events) {
      energy.calls.openEvent = { [open = energy.calls.openEvent, helper = helper.helper] type, config, cpu in
        Self.first(open(type, config, cpu)) { helper.openEvent(type: type, config: config, cpu: cpu) }
      }
      pmu.open = { [open = pmu.open, helper = helper.helper] type, config, cpu, isPinned in
        Self.first(open(type, config, cpu, isPinned)) {
          helper.openProcessorEvent(type: type, config: config, cpu: cpu, isPinned: isPinned)
        }
      }
      faults.open = { [open = faults.open, helper = helper.helper] cpu, descriptors in
        let own = open(cpu, &descriptors)
        var opened = descriptors
        let result = Self.first(own) { helper.openFaultEvents(cpu: cpu, into: &opened) }
        descriptors = opened
        return result
      }
    }
  }

  /// `own`, or where that was refused what the helper makes of it, unless it is gone or refuses, too.
  private static func first(_ own: CInt, _ other: () -> CInt) -> CInt {
    guard own == -EACCES || own == -EPERM else { return own }
    let result = other()
    return result == -EPIPE || result == -EPERM ? own : result
  }
}
