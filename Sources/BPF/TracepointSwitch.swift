internal import CLibbpf
internal import Glibc
internal import Synchronization

/// Attaches a loaded tracepoint program that knows its tracepoint (`tp_btf`), and takes it off again; from any thread.
///
/// It has a descriptor of the program for its own. That suffices: kernels that ask for more than a descriptor, with
/// `kernel.unprivileged_bpf_disabled`, ask for the same capability as for looking into a map.
package final class TracepointSwitch: Sendable {
  private let program: Int32
  private let name: String

  private struct State {
    /// The link; negative: off.
    var link: Int32 = -1
    var isHeld = false

    mutating func off() {
      if link >= 0 { close(link) }
      link = -1
    }
  }

  private let state = Mutex(State())

  fileprivate init(program: Int32, name: String) {
    self.program = program
    self.name = name
  }

  deinit {
    off()
    close(program)
  }

  package var isOn: Bool { state.withLock { $0.link >= 0 } }

  /// Attaches it where it is off, and not held. Patches kernel code, which interrupts every CPU a few times.
  package func on() throws(BPFError) {
    let errno: Int32 = state.withLock { state in
      if state.isHeld || state.link >= 0 { return 0 }
      state.link = bpf_raw_tracepoint_open(nil, program)
      return state.link < 0 ? Glibc.errno : 0
    }
    if errno != 0 { throw BPFError("attach \(name)", errno: errno) }
  }

  /// Takes it off where it is on; the same cost.
  package func off() { state.withLock { $0.off() } }

  /// Keeps it off, whoever switches it on, until it is let go.
  package func hold() {
    state.withLock { state in
      state.isHeld = true
      state.off()
    }
  }

  package func letGo() { state.withLock { $0.isHeld = false } }
}

extension ProgramObject {
  /// A switch of `program`, which is loaded and not attached.
  package func makeSwitch(of program: String) throws(BPFError) -> TracepointSwitch {
    let descriptor = fcntl(bpf_program__fd(try findProgram(program)), F_DUPFD_CLOEXEC, 3)
    guard descriptor >= 0 else { throw BPFError("keep \(program) of \(name)", errno: Glibc.errno) }
    return TracepointSwitch(program: descriptor, name: "\(program) of \(name)")
  }
}
