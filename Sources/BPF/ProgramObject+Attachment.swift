internal import CLibbpf

extension ProgramObject {
  /// Every program of the object, in the order of its source.
  package func attachments() -> [ProgramAttachment] {
    var result: [ProgramAttachment] = []
    var program = bpf_object__next_program(object, nil)
    while let current = program {
      result.append(ProgramAttachment(program: String(cString: bpf_program__name(current)), state: state(current)))
      program = bpf_object__next_program(object, current)
    }
    return result
  }

  private func state(_ program: OpaquePointer) -> ProgramAttachment.State {
    let name = String(cString: bpf_program__name(program))
    if let isAttached = isAttached(name) { return isAttached ? .attached : .detached }
    if let errno = ProgramAttachment.refused[self.name]?[name] { return .refused(errno: errno) }
    return bpf_program__autoload(program) ? .onDemand : .leftOut
  }

  /// The programs that are not left out.
  func wantedPrograms() -> [String] {
    var result: [String] = []
    var program = bpf_object__next_program(object, nil)
    while let current = program {
      if bpf_program__autoload(current) { result.append(String(cString: bpf_program__name(current))) }
      program = bpf_object__next_program(object, current)
    }
    return result
  }
}
