import BPFPrograms
import Testing

@testable import BPF

/// What libbpf parses of the kernel's BTF, for all objects at once.
@Suite(.serialized)
struct KernelTypesTests {
  @Test func whatIsKeptIsParsedOnce() throws {
    KernelTypes.keep()
    defer { KernelTypes.release() }
    _ = KernelTypes.values(["BPF_ANY"])
    let parses = KernelTypes.parses
    #expect(KernelTypes.values(["BPF_EXIST", "NO_SUCH_NAME"]) == [2, nil])
    for _ in 0..<2 {
      var object = try ProgramObject("exits")
      try object.setCapacity("exits_cpus", PossibleCPUs.end)
      try object.load()
      try object.attach("sched_process_exit")
    }
    #expect(KernelTypes.parses == parses)
  }

  @Test func whatIsReleasedIsParsedAnew() {
    KernelTypes.keep()
    _ = KernelTypes.values(["BPF_ANY"])
    KernelTypes.release()
    let parses = KernelTypes.parses
    #expect(KernelTypes.values(["BPF_EXIST", "NO_SUCH_NAME"]) == [2, nil])
    #expect(KernelTypes.parses > parses)
  }

  @Test func anObjectMayOutliveWhatItWasLoadedBy() throws {
    KernelTypes.keep()
    var object = try ProgramObject("exits")
    try object.setCapacity("exits_cpus", PossibleCPUs.end)
    try object.load()
    KernelTypes.release()
    try object.attach("sched_process_exit")
    let cpus = try MappedArray<ExitsPerCPU>("exits_cpus", of: object)
    #expect(cpus.count == PossibleCPUs.end)
  }
}
