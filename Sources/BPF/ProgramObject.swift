internal import ByteText
internal import BPFPrograms
internal import CLibbpf
internal import Glibc

/// One of the embedded eBPF objects: opened, configured, loaded, attached. Detaches and closes as it goes out of scope.
package struct ProgramObject: ~Copyable {
  /// The name of its source file, without `.bpf.c`.
  package let name: String
  private let object: OpaquePointer
  /// In the order of attaching; nil: detached.
  private var links: [(program: String, link: OpaquePointer?)] = []

  /// Maps that are another object's.
  private var shared: Set<String> = []

  private func isShared(_ map: OpaquePointer) -> Bool { shared.contains(String(cString: bpf_map__name(map))) }

  /// The names of all embedded objects.
  package static var embeddedNames: [String] {
    (0..<Int(BPFPrograms_object_count)).map { String(cString: embedded($0).name) }
  }

  private static func embedded(_ index: Int) -> EmbeddedObject {
    wattprobe_object_at(UInt(index)).pointee
  }

  /// Opens the embedded object `name`; nothing is in the kernel yet.
  package init(_ name: String) throws(BPFError) {
    let count = Int(BPFPrograms_object_count)
    guard let index = (0..<count).first(where: { String(cString: Self.embedded($0).name) == name }) else {
      throw BPFError("find the embedded object \(name)", errno: ENOENT)
    }
    let embedded = Self.embedded(index)
    try self.init(name, bytes: UnsafeRawBufferPointer(start: embedded.bytes, count: Int(embedded.size)))
  }

  /// Opens the ELF file `bytes`, which must last as long as the object.
  package init(_ name: String, bytes: UnsafeRawBufferPointer) throws(BPFError) {
    CallLog.begin()
    guard let object = wp_object_open(bytes.baseAddress, bytes.count, name) else {
      throw BPFError("open the embedded object \(name)", errno: Glibc.errno, log: CallLog.text())
    }
    self.name = name
    self.object = object
  }

  deinit {
    for (_, link) in links { bpf_link__destroy(link) }
    bpf_object__close(object)
  }

  // MARK: Before loading

  /// Sets the `const volatile` variable `config`, so that the verifier removes what is switched off.
  package func configure<Config: BitwiseCopyable>(_ config: Config) throws(BPFError) {
    try configure("config", config)
  }

  /// The same of another such variable.
  package func configure<Value: BitwiseCopyable>(_ constant: String, _ value: Value) throws(BPFError) {
    guard setConstant(constant, value) else { throw BPFError("configure \(constant) of object \(name)", errno: EINVAL) }
  }

  /// False where the object has no such constant, or one of another size.
  private func setConstant<Value: BitwiseCopyable>(_ constant: String, _ value: Value) -> Bool {
    var offset: UInt32 = 0
    var size: UInt32 = 0
    var length = 0
    guard wp_find_global(object, ".rodata", constant, &offset, &size) == 0, Int(size) == MemoryLayout<Value>.stride,
      let map = bpf_object__find_map_by_name(object, ".rodata") ?? readOnlyData(),
      let data = bpf_map__initial_value(map, &length), Int(offset + size) <= length
    else { return false }
    UnsafeMutableRawPointer(mutating: data).storeBytes(of: value, toByteOffset: Int(offset), as: Value.self)
    return true
  }

  /// Whether the kernel runs no program within itself on one CPU: since 6.1.
  private static let programsNeverNest = wp_kernel_is_at_least(6, 1)

  private func readOnlyData() -> OpaquePointer? {
    allMaps.first { String(cString: bpf_map__name($0)).ends(with: ".rodata") }
  }

  /// Every program, loaded or not, in the order of the source.
  var allPrograms: [OpaquePointer] {
    list { bpf_object__next_program(object, $0) }
  }

  /// Every map, created or not, data sections and those of other objects among them.
  var allMaps: [OpaquePointer] { list { bpf_object__next_map(object, $0) } }

  /// All that libbpf hands out one after the other, the first after nil.
  private func list(_ next: (OpaquePointer?) -> OpaquePointer?) -> [OpaquePointer] {
    var all: [OpaquePointer] = []
    while let one = next(all.last) { all.append(one) }
    return all
  }

  /// The maps that this object has created itself, data sections among them.
  var ownMaps: [OpaquePointer] { allMaps.filter { bpf_map__fd($0) >= 0 && !isShared($0) } }

  /// How many entries map `map` is created with.
  package func setCapacity(_ map: String, _ entries: Int) throws(BPFError) {
    let error = bpf_map__set_max_entries(try find(map), UInt32(entries))
    if error != 0 { throw BPFError("size map \(map)", errno: error) }
  }

  /// Has the histograms of the object, which the elements of the array `map` hold, tell eighths of powers of two apart.
  package func refine(_ map: String) throws(BPFError) {
    let found = try find(map)
    let size = FineSlots.size(of: Int(bpf_map__value_size(found)))
    let error = bpf_map__set_value_size(found, UInt32(size))
    if error != 0 { throw BPFError("size the elements of map \(map)", errno: error) }
    try configure("fine", UInt8(1))
  }

  /// Has `map` be the map of the same name that `owner`, which is loaded, has made.
  package mutating func share(_ map: String, of owner: borrowing ProgramObject) throws(BPFError) {
    let error = bpf_map__reuse_fd(try find(map), bpf_map__fd(try owner.find(map)))
    if error != 0 { throw BPFError("share map \(map)", errno: error) }
    shared.insert(map)
  }

  /// Sets element `index` of the array `map`; of a perf event array, an event's descriptor.
  package func setElement<Element: BitwiseCopyable>(
    _ map: String, _ index: Int, _ element: Element
  ) throws(BPFError) {
    var key = UInt32(index)
    var value = element
    let error = bpf_map_update_elem(bpf_map__fd(try find(map)), &key, &value, UInt64(BPF_ANY))
    if error != 0 { throw BPFError("update map \(map)", errno: error) }
  }

  /// Leaves out a map that no enabled program uses.
  package func omit(map: String) throws(BPFError) {
    bpf_map__set_autocreate(try find(map), false)
  }

  /// Leaves out a program.
  package func omit(program: String) throws(BPFError) {
    bpf_program__set_autoload(try findProgram(program), false)
  }

  // MARK: Loading and attaching

  /// Sets a 32-bit global variable that has the data section `.data.<name>` for itself; the object is loaded.
  package func setVariable(_ name: String, _ value: UInt32) throws(BPFError) {
    let error = wp_set_global(object, ".data." + name, value)
    if error != 0 { throw BPFError("set the variable \(name) of object \(self.name)", errno: error) }
  }

  /// Creates the maps and loads the programs that are not left out.
  package func load() throws(BPFError) {
    // kernel.h says of what; not every object adds anything up
    _ = setConstant("never_nests", Self.programsNeverNest)
    CallLog.begin()
    let error = bpf_object__load(object)
    if error != 0 {
      let refusal = BPFError("load the eBPF object \(name)", errno: error, log: CallLog.text())
      ProgramAttachment.refuse(wantedPrograms(), of: name, errno: refusal.errno)
      throw refusal
    }
  }

  /// Attaches `program` to the hook its section names.
  package mutating func attach(_ program: String) throws(BPFError) {
    links.append((program, try makeLink(program)))
  }

  /// Takes every program off its event; they stay loaded, and iterators attached.
  package mutating func detach() {
    for index in links.indices {
      guard let link = links[index].link, !isIterator(links[index].program) else { continue }
      bpf_link__destroy(link)
      links[index].link = nil
    }
  }

  /// Attaches again what `detach()` detached, in the same order.
  package mutating func reattach() throws(BPFError) {
    for index in links.indices where links[index].link == nil {
      links[index].link = try makeLink(links[index].program)
    }
  }

  private func makeLink(_ program: String) throws(BPFError) -> OpaquePointer {
    CallLog.begin()
    guard let link = bpf_program__attach(try findProgram(program)) else {
      let refusal = BPFError("attach \(program) of \(name)", errno: Glibc.errno, log: CallLog.text())
      ProgramAttachment.refuse([program], of: name, errno: refusal.errno)
      throw refusal
    }
    return link
  }

  private func isIterator(_ program: String) -> Bool {
    bpf_object__find_program_by_name(object, program).map(bpf_program__expected_attach_type) == BPF_TRACE_ITER
  }

  /// Runs a raw tracepoint program once on each of `cpus`, attached or not, as if the tracepoint had these arguments.
  package func run(_ program: String, onEach cpus: [Int], arguments: [UInt64] = []) throws(BPFError) {
    let descriptor = bpf_program__fd(try findProgram(program))
    for cpu in cpus {
      let error = wp_run_on_cpu(descriptor, Int32(cpu), arguments, UInt32(arguments.count))
      // ENXIO: the CPU has gone offline
      if error != 0 && error != -ENXIO { throw BPFError("run \(program) on cpu \(cpu)", errno: error) }
    }
  }

  /// nil: nobody has attached it.
  func isAttached(_ program: String) -> Bool? { links.first { $0.program == program }.map { $0.link != nil } }

  /// The attached link of an iterator program.
  func link(of program: String) -> OpaquePointer? { links.first { $0.program == program }?.link }

  /// Programs that are loaded, with their kernel statistics.
  package func programs() -> [ProgramStatistics] {
    allPrograms.compactMap { program in
      var info = wp_program_info()
      let descriptor = bpf_program__fd(program)
      guard descriptor >= 0, wp_program_info(descriptor, &info) == 0 else { return nil }
      return ProgramStatistics(name: String(cString: bpf_program__name(program)), info: info)
    }
  }

  /// The maps this object created itself, data sections among them.
  package func maps() -> [MapDescription] {
    ownMaps.map { MapDescription($0) }
  }

  /// How many eBPF instructions each program has as it was compiled, before the verifier drops what is switched off.
  package func instructionCounts() -> [String: Int] {
    allPrograms.reduce(into: [:]) { counts, program in
      counts[String(cString: bpf_program__name(program))] = Int(bpf_program__insn_cnt(program))
    }
  }

  /// Size of `struct name` and the byte offset of each of `members` as the compiled object has them; for layout tests.
  package func layout(of name: String, members: [String]) -> (size: Int, offsets: [Int]) {
    (Int(wp_struct_size(object, name)), members.map { Int(wp_member_offset(object, name, $0)) })
  }

  // MARK: Look-ups

  func find(_ map: String) throws(BPFError) -> OpaquePointer {
    guard let found = bpf_object__find_map_by_name(object, map) else {
      throw BPFError("find map \(map) in object \(name)", errno: ENOENT)
    }
    return found
  }

  func findProgram(_ program: String) throws(BPFError) -> OpaquePointer {
    guard let found = bpf_object__find_program_by_name(object, program) else {
      throw BPFError("find program \(program) in object \(name)", errno: ENOENT)
    }
    return found
  }
}
