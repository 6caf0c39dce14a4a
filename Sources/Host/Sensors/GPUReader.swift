internal import CHost
import Glibc

/// What the NVIDIA GPUs of the machine used, by NVML.
///
/// A driver in trouble can keep a call for minutes. All calls are therefore made by one thread of the reader's own, and
/// whoever asks waits a bounded time: an answer that does not come in it is a failed reading, and so are further ones until
/// the thread is back. The thread opens the library with the privileges the process has then, and gives all of them up
/// before it answers for the first time.
package final class GPUReader: Sendable {
  package struct Device: Sendable, Hashable {
    package let index: Int
    /// `GPU-` and a UUID, the same after every start.
    package let identifier: String
  }

  /// Who used a GPU, by weight: percent of its busiest engine, or 1 for each process where the driver does not tell.
  package struct Use: Sendable, Hashable {
    package let pid: UInt32
    package let weight: UInt64

    package init(pid: UInt32, weight: UInt64) {
      self.pid = pid
      self.weight = weight
    }
  }

  package enum Amount: Sendable, Hashable {
    /// Since the driver was loaded.
    case microjoules(UInt64)
    /// At the moment, where the GPU has no counter.
    case microwatts(UInt64)
  }

  package struct Reading: Sendable {
    package let amount: Result<Amount, HostError>
    /// Since the last reading; empty where nothing tells.
    package let uses: [Use]
  }

  /// Why there is nothing to read.
  package enum Absence: Error, Hashable {
    /// The library is not installed.
    case library
    case failure(HostError)
  }

  /// How long a reading may take, in milliseconds; the first look for devices, which starts the driver, 10 times as long.
  private let limit: CInt
  private let library: String
  private let thread: AnsweringThread<Question, Answer>

  fileprivate enum Question: Sendable { case devices, readings }

  fileprivate enum Answer: Sendable {
    case devices([Device])
    case readings([String: Reading])
    case failed(HostError)
  }

  /// Starts the thread.
  ///
  /// - Parameter library: its name or path.
  package init(library: String, limitMilliseconds: CInt = 500) throws(SystemError) {
    limit = limitMilliseconds
    self.library = library
    thread = try AnsweringThread {
      let session = NVMLSession(library: library)
      // What is to come takes no privilege; a thread that could not give them up must not go on.
      do throws(SystemError) { try Capabilities.restrict(to: []) } catch { return nil }
      return session.map { session in { session.answer($0) } }
    }
  }

  deinit { thread.end() }

  /// The GPUs there are now.
  package func devices() throws(Absence) -> [Device] {
    switch thread.ask(.devices, milliseconds: limit * 10) {
    case .answered(.devices(let devices)): return devices
    case .answered(.failed(let error)): throw .failure(error)
    case .unable: throw .library
    case .answered(.readings), .late: throw .failure(late)
    }
  }

  /// A reading of each GPU that `devices()` found last, by its identifier.
  package func readings() throws(HostError) -> [String: Reading] {
    switch thread.ask(.readings, milliseconds: limit) {
    case .answered(.readings(let readings)): return readings
    case .answered(.failed(let error)): throw error
    case .answered(.devices), .unable, .late: throw late
    }
  }

  private var late: HostError {
    .malformed(path: library, expected: "an answer of the driver within \(limit) ms", found: "none")
  }
}

/// The library, used by the reader's thread alone.
private final class NVMLSession {
  /// More GPUs than any machine has, and more users than any GPU.
  private static let mostDevices = 64
  private static let mostUses = 4096

  private struct Handle {
    let device: GPUReader.Device
    let pointer: UnsafeMutableRawPointer
    /// The driver's time of the newest use that was read.
    var since: UInt64 = 0
    /// Whether it has a counter; known once it was read.
    var hasCounter = true
  }

  private let library: String
  private let nvml: OpaquePointer
  private var handles: [Handle] = []

  /// Nil where the library is not there. Starts the driver, which may fail and is then tried again.
  init?(library: String) {
    var message = [CChar](repeating: 0, count: 256)
    guard let nvml = chost_nvml_open(library, &message, message.count) else { return nil }
    self.library = library
    self.nvml = nvml
    _ = chost_nvml_start(nvml)
  }

  deinit { chost_nvml_close(nvml) }

  func answer(_ question: GPUReader.Question) -> GPUReader.Answer {
    do throws(HostError) {
      switch question {
      case .devices: return .devices(try findDevices())
      case .readings: return .readings(readings())
      }
    } catch {
      return .failed(error)
    }
  }

  private func check(_ code: CInt, _ call: String) throws(HostError) {
    guard code != 0 else { return }
    throw .malformed(path: library, expected: "success of \(call)", found: String(cString: chost_nvml_text(nvml, code)))
  }

  private func findDevices() throws(HostError) -> [GPUReader.Device] {
    try check(chost_nvml_start(nvml), "nvmlInit")
    var count: UInt32 = 0
    try check(chost_nvml_count(nvml, &count), "nvmlDeviceGetCount")
    var found: [Handle] = []
    for index in 0..<min(count, UInt32(Self.mostDevices)) {
      var pointer: UnsafeMutableRawPointer?
      var name = [CChar](repeating: 0, count: Int(CHOST_NVML_UUID_SIZE))
      // One that may not be used, or fell off the bus, is no reason to miss the others.
      guard chost_nvml_device(nvml, index, &pointer, &name) == 0, let pointer else { continue }
      let identifier = String(decoding: name.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
      var handle = Handle(device: GPUReader.Device(index: Int(index), identifier: identifier), pointer: pointer)
      if let known = handles.first(where: { $0.device.identifier == identifier }) {
        handle.since = known.since
        handle.hasCounter = known.hasCounter
      }
      found.append(handle)
    }
    handles = found
    return found.map(\.device)
  }

  private func readings() -> [String: GPUReader.Reading] {
    var readings: [String: GPUReader.Reading] = [:]
    for index in handles.indices {
      let amount: Result<GPUReader.Amount, HostError>
      do throws(HostError) { amount = .success(try self.amount(&handles[index])) } catch { amount = .failure(error) }
      readings[handles[index].device.identifier] = GPUReader.Reading(amount: amount, uses: uses(&handles[index]))
    }
    return readings
  }

  private func amount(_ handle: inout Handle) throws(HostError) -> GPUReader.Amount {
    if handle.hasCounter {
      var millijoules: UInt64 = 0
      let code = chost_nvml_energy(nvml, handle.pointer, &millijoules)
      if code == CHOST_NVML_NOT_SUPPORTED {
        handle.hasCounter = false
      } else {
        try check(code, "nvmlDeviceGetTotalEnergyConsumption")
        return .microjoules(millijoules.multipliedReportingOverflow(by: 1000).partialValue)
      }
    }
    var milliwatts: UInt32 = 0
    try check(chost_nvml_power(nvml, handle.pointer, &milliwatts), "nvmlDeviceGetPowerUsage")
    return .microwatts(UInt64(milliwatts) * 1000)
  }

  /// A GPU that does not tell is as one that nobody used.
  private func uses(_ handle: inout Handle) -> [GPUReader.Use] {
    var count = UInt32(Self.mostUses)
    let found = [chost_nvml_use](unsafeUninitializedCapacity: Self.mostUses) { buffer, filled in
      let code = chost_nvml_uses(nvml, handle.pointer, &handle.since, buffer.baseAddress!, &count)
      filled = code == 0 ? min(Int(count), Self.mostUses) : 0
    }
    return found.map { GPUReader.Use(pid: $0.pid, weight: UInt64($0.weight)) }
  }
}
