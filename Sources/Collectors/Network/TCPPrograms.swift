package import BPF
package import BPFPrograms
internal import Collecting

/// The programs at the changes of state of TCP sockets, and at segments sent again and resets.
package final class TCPPrograms: RestartablePrograms {
  package let cpus: MappedArray<TCPPerCPU>
  private var object: ProgramObject
  private let connects: HashMap<UInt64, UInt64>

  package var collector: String { "tcp" }

  init(_ options: CollectorOptions) throws(CollectorFailure) {
    do throws(BPFError) {
      var object = try ProgramObject("tcp")
      try Lanes(size: MemoryLayout<TCPPerCPU>.stride, budget: 1 << 17).set("tcp_cpus", in: object)
      try object.setCapacity("tcp_connects", options.tcp.connects)
      if options.hasFineHistograms { try object.refine("tcp_cpus") }
      try object.load()
      for program in [
        "inet_sock_set_state", "tcp_retransmit_skb", "tcp_retransmit_synack", "tcp_send_reset", "tcp_receive_reset",
      ] {
        try object.attach(program)
      }
      cpus = try MappedArray("tcp_cpus", of: object)
      connects = try HashMap("tcp_connects", of: object)
      self.object = object
    } catch {
      throw CollectorFailure(error)
    }
  }

  /// Connections being made now.
  var stamps: Int {
    var count = 0
    _ = connects.forEach { _, _ in count += 1 }
    return count
  }

  package func programs() -> [ProgramStatistics] { object.programs() }
  package func attachments() -> [ProgramAttachment] { object.attachments() }
  package func maps() -> [MapDescription] { object.maps() }
  package func detach() { object.detach() }
  package func clear() throws(BPFError) { try object.clear() }
  package func reattach() throws(BPFError) { try object.reattach() }

  package func lostUpdates() -> [(map: String, cause: String, count: UInt64)] {
    [("tcp_connects", "full", cpus.sum(offset: MemoryLayout<TCPPerCPU>.offset(of: \.lost)!))]
  }
}
