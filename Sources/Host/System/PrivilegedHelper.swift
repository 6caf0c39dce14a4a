internal import ByteText
internal import CHost
internal import Glibc
internal import Synchronization

/// A child process that keeps a few capabilities and does a few things with them, so that this one can give them up: see
/// `helper.h`. Whoever asks waits a second at most.
package final class PrivilegedHelper: Sendable {
  /// What it does.
  package struct Duties: OptionSet, Sendable {
    package let rawValue: UInt32

    package init(rawValue: UInt32) { self.rawValue = rawValue }

    private init(_ kinds: chost_helper_kind...) { rawValue = kinds.reduce(0) { $0 | 1 << $1.rawValue } }

    /// Switches the run-time statistics of eBPF programs.
    package static let statistics = Duties(CHOST_HELPER_STATISTICS)
    /// Tells of the machine's eBPF programs and maps.
    package static let objects = Duties(CHOST_HELPER_OBJECTS)
    /// Opens files of sensors.
    package static let files = Duties(CHOST_HELPER_FILE)
    /// Opens the counters of the `power` PMU and of page faults.
    package static let events = Duties(CHOST_HELPER_EVENT, CHOST_HELPER_FAULTS, CHOST_HELPER_PROCESSOR)
  }

  private struct State {
    var number: UInt32 = 0
    var hasEnded = false
  }

  private static let patienceMilliseconds: CInt = 1000

  /// The process that was started; the one that serves is its child.
  let process: CInt
  let socket: CInt
  /// The root of sysfs and a slash.
  private let sysfs: String
  private let state = Mutex(State())

  /// Starts it. To be called while this process has one thread and the capabilities.
  ///
  /// - Parameters:
  ///   - kept: what it keeps of them.
  ///   - user: whom it becomes; nil: it stays who it is.
  package init(
    for duties: Duties, keeping kept: Capabilities, paths: HostPaths, as user: UserIdentity? = UserIdentity.toBecome
  ) throws(SystemError) {
    sysfs = paths.sys("")
    var process: CInt = 0
    let procfs = paths.proc("")
    let result = sysfs.withCString { sysfs in
      procfs.withCString { procfs in
        var options = chost_helper_options()
        options.kinds = duties.rawValue
        options.capabilities = kept.intersection(.effective).rawValue
        options.sysfs = sysfs
        options.procfs = procfs
        options.becomes = user != nil
        options.user = user?.user ?? 0
        options.group = user?.group ?? 0
        return chost_helper_start(&options, &process)
      }
    }
    if result < 0 { throw SystemError(-result, call: "start", path: "the privileged helper") }
    socket = result
    self.process = process
  }

  /// It ends with its socket, and is waited for: nothing is left of it.
  deinit {
    close(socket)
    chost_helper_end(process)
  }

  /// Whether it is gone, which nothing but a new start of the program changes.
  package var hasEnded: Bool {
    state.withLock { state in
      if !state.hasEnded { state.hasEnded = chost_helper_reap(process) }
      return state.hasEnded
    }
  }

  /// Switches the statistics; 0 or the negated `errno`, EPIPE where the helper is gone.
  package func setStatistics(_ on: Bool) -> CInt {
    var none: [CInt] = []
    return ask(CHOST_HELPER_STATISTICS, type: on ? 1 : 0, descriptors: &none)
  }

  /// As `FileCalls.open`, of a sensor's file.
  package func openFile(_ path: String) -> CInt {
    guard path.begins(with: sysfs), path.utf8.count - sysfs.utf8.count < Int(CHOST_HELPER_PATH) else { return -EPERM }
    var descriptor: [CInt] = [-1]
    let result = ask(CHOST_HELPER_FILE, path: path.dropFirst(sysfs.count), descriptors: &descriptor)
    return result < 0 ? result : descriptor[0]
  }

  /// As `PerfCounter.Open`, of an event of the `power` PMU.
  package func openEvent(type: UInt32, config: UInt64, cpu: Int) -> CInt {
    var descriptor: [CInt] = [-1]
    let result = ask(CHOST_HELPER_EVENT, type: type, cpu: cpu, config: config, descriptors: &descriptor)
    return result < 0 ? result : descriptor[0]
  }

  /// As `SharedPerfCounter.Open`.
  package func openProcessorEvent(type: UInt32, config: UInt64, cpu: Int, isPinned: Bool) -> CInt {
    var descriptor: [CInt] = [-1]
    let result = ask(
      CHOST_HELPER_PROCESSOR, type: type, cpu: cpu, config: config, isPinned: isPinned, descriptors: &descriptor)
    return result < 0 ? result : descriptor[0]
  }

  /// As `PageFaultCounters.Open`.
  package func openFaultEvents(cpu: Int, into descriptors: inout [CInt]) -> CInt {
    ask(CHOST_HELPER_FAULTS, cpu: cpu, descriptors: &descriptors)
  }

  /// As `LoadedObject.Next`.
  package func nextObject(_ kind: LoadedObject.Kind, after id: UInt32) -> Result<LoadedObject?, SystemError> {
    var none: [CInt] = []
    var object = chost_bpf_object()
    let result = ask(
      CHOST_HELPER_OBJECTS, type: kind == .map ? 1 : 0, config: UInt64(id), descriptors: &none, object: &object)
    return LoadedObject.result(result, object)
  }

  private func ask(
    _ kind: chost_helper_kind, type: UInt32 = 0, cpu: Int = 0, config: UInt64 = 0, path: Substring = "",
    isPinned: Bool = false, descriptors: inout [CInt]
  ) -> CInt {
    var object = chost_bpf_object()
    return ask(
      kind, type: type, cpu: cpu, config: config, path: path, isPinned: isPinned, descriptors: &descriptors,
      object: &object)
  }

  private func ask(
    _ kind: chost_helper_kind, type: UInt32 = 0, cpu: Int = 0, config: UInt64 = 0, path: Substring = "",
    isPinned: Bool = false, descriptors: inout [CInt], object: inout chost_bpf_object
  ) -> CInt {
    guard let cpu = Int32(exactly: cpu) else { return -EINVAL }
    var request = chost_helper_request()
    request.kind = kind.rawValue
    request.type = type
    request.cpu = cpu
    request.config = config
    request.pinned = isPinned ? 1 : 0
    withUnsafeMutableBytes(of: &request.path) { $0.copyBytes(from: path.utf8) }
    var opened = descriptors
    var told = object
    // one at a time
    let result = state.withLock { state in
      if state.hasEnded { return -EPIPE }
      state.number = state.number == .max ? 1 : state.number + 1
      request.number = state.number
      return chost_helper_ask(socket, &request, Self.patienceMilliseconds, &opened, CInt(opened.count), &told)
    }
    descriptors = opened
    object = told
    return result
  }
}
