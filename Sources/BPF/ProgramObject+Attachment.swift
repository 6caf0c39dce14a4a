internal import CLibbpf

extension ProgramObject {
  /// Every program of the object, in the order of its source.
  package func attachments() -> [ProgramAttachment] {
    allPrograms.map { ProgramAttachment(program: String(cString: bpf_program__name($0)), state: state($0)) }
  }

  private func state(_ program: OpaquePointer) -> ProgramAttachment.State {
    let name = String(cString: bpf_program__name(program))
    if let isAttached = isAttached(name) { return isAttached ? .attached : .detached }
    if let errno = ProgramAttachment.refused[self.name]?[name] { return .refused(errno: errno) }
    return bpf_program__autoload(program) ? .onDemand : .leftOut
  }

  /// The programs that are not left out.
  func wantedPrograms() -> [String] {
    allPrograms.filter { bpf_program__autoload($0) }.map { String(cString: bpf_program__name($0)) }
  }
}
