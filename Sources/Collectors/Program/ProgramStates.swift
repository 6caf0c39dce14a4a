internal import BPF
internal import ByteText
internal import Glibc

/// Whether eBPF programs are at their events, as `bpf_program_attached` shows it.
enum ProgramStates {
  /// The values of the `reason` label.
  enum Reason: String, CaseIterable {
    /// It is attached.
    case none = ""
    /// Its collector is shed.
    case budget
    /// Run or attached for moments as it is needed.
    case demand
    /// Left out by an option, or another form of it does the work.
    case disabled
    /// A privilege is missing, or the kernel lets nobody attach such programs.
    case permission
    /// The kernel has no such event.
    case absent
    /// The kernel takes no such program.
    case hook

    init(_ state: ProgramAttachment.State) {
      self =
        switch state {
        case .attached: .none
        case .detached: .budget
        case .onDemand: .demand
        case .leftOut: .disabled
        case .refused(EPERM), .refused(EACCES): .permission
        case .refused(ENOENT): .absent
        case .refused: .hook
        }
    }
  }

  typealias Program = (collector: String, program: String, reason: Reason)

  /// Every program of `loaded`, and those of objects that the kernel refused as a whole.
  static func read(_ loaded: [any LoadedPrograms]) -> [Program] {
    var result: [Program] = loaded.flatMap { programs in
      programs.attachments().map { (collector: programs.collector, program: $0.program, reason: Reason($0.state)) }
    }
    for (object, programs) in ProgramAttachment.refused.sorted(by: { $0.key < $1.key }) {
      let collector = Self.collector(ofObject: object)
      for (program, errno) in programs.sorted(by: { $0.key < $1.key })
      where !result.contains(where: { $0.collector == collector && $0.program == program }) {
        result.append((collector, program, Reason(.refused(errno: errno))))
      }
    }
    return result
  }

  /// Objects are called by the collector that pays for them; a twin for kernels without BTF has `_raw` behind.
  private static func collector(ofObject object: String) -> String {
    let twin = "_raw"
    return object.ends(with: twin) ? String(object.dropLast(twin.utf8.count)) : object
  }
}
