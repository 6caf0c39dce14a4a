import BPF
import BPFPrograms
import CBench
import Collecting
import Collectors
import Exposition
import Host
import Logging

/// The collectors that are on by default, with their programs attached for as long as this lives.
struct DefaultSet {
  static let names = Set(Registry.collectors.filter(\.isOnByDefault).map(\.name))
  private static let logger = Logger(label: "bench", factory: { _ in SwiftLogNoOpLogHandler() })

  let kernel: KernelPrograms
  private let collectors: [(name: String, collector: any Collector)]

  /// Starts what can run here, with the default options but for `change`; nil where no scheduler program can in this form.
  init?(
    form: SchedulerPrograms.Form, names: Set<String> = names, _ change: (inout CollectorOptions) -> Void = { _ in }
  ) {
    var options = CollectorOptions()
    options.enabled = names
    options.scheduler.form = form
    change(&options)
    let context = CollectorContext(options: options, logger: Self.logger)
    kernel = context.kernel
    collectors = Registry.collectors.filter { names.contains($0.name) }.compactMap { one in
      (try? one.make(context)).map { (one.name, $0) }
    }
    guard kernel.loaded.contains(where: { $0.collector == "sched" }) else { return nil }
  }

  /// The collector `name` as it is among those of `enabled`: they share what they know of processes.
  static func collector(
    _ name: String, of enabled: Set<String>, _ sensors: Sensors? = nil
  ) throws -> any PeriodicCollector {
    var options = CollectorOptions()
    options.enabled = enabled
    if let sensors { options.paths = sensors.paths }
    options.energy.nvmlLibrary = nil
    let context = CollectorContext(options: options, logger: logger)
    let definition = Registry.collectors.first { $0.name == name }
    guard let collector = try definition?.make(context) as? any PeriodicCollector else {
      throw BenchError("there is no collector \(name)")
    }
    return collector
  }

  /// Collects once; returns the nanoseconds of CPU that each collector took.
  func collect() throws -> [String: UInt64] {
    var writer = SampleWriter()
    var costs: [String: UInt64] = [:]
    for (name, collector) in collectors {
      let before = OwnProcess.threadNanoseconds
      try collector.collect(into: &writer)
      costs[name] = OwnProcess.threadNanoseconds - before
    }
    return costs
  }

  /// What each program has run so far, by collector and program.
  func statistics() -> [String: ProgramStatistics] {
    var result: [String: ProgramStatistics] = [:]
    for object in kernel.loaded {
      for program in object.programs() { result["\(object.collector) \(program.name)"] = program }
    }
    return result
  }
}

extension ProgramObject {
  /// One of CBench's objects, not loaded yet.
  init(bench name: String) throws(BPFError) {
    for index in 0..<CBench_object_count {
      let embedded = cbench_object_at(index)!.pointee
      guard String(cString: embedded.name) == name else { continue }
      try self.init(name, bytes: UnsafeRawBufferPointer(start: embedded.bytes, count: Int(embedded.size)))
      return
    }
    preconditionFailure("there is no object \(name)")
  }
}

/// The empty programs of CBench, one at each hook, attached for as long as this lives.
struct EmptyPrograms: ~Copyable {
  private let object: ProgramObject

  init() throws(BPFError) {
    var object = try Self.load()
    // what this kernel has not cannot be attached to
    for program in object.programs() { try? object.attach(program.name) }
    self.object = object
  }

  /// The same, not attached yet.
  static func load() throws(BPFError) -> ProgramObject {
    let object = try ProgramObject(bench: "empty")
    try object.load()
    return object
  }

  func statistics() -> [String: ProgramStatistics] {
    Dictionary(uniqueKeysWithValues: object.programs().map { ($0.name, $0) })
  }
}
