internal import Dispatch
internal import Glibc
internal import Synchronization

/// An attack that goes on until it is ended, on a thread of its own.
package final class Assault: Sendable {
  private struct State {
    var isOver = false
    var counts = Counts()
  }

  /// What it came to so far.
  package struct Counts: Sendable {
    /// Connections that were made, ever.
    package var connections = 0
    /// Most that were open at a time, as far as the attacker could tell.
    package var open = 0
    /// Connections that answered something.
    package var answers = 0
  }

  private let state = Mutex(State())
  private let done = DispatchGroup()

  package init(_ attack: Attack, on target: Target) {
    DispatchQueue(label: attack.rawValue).async(group: done) { self.run(attack, target) }
  }

  package var counts: Counts { state.withLock { $0.counts } }

  /// Returns once its connections are closed.
  package func end() -> Counts {
    state.withLock { $0.isOver = true }
    done.wait()
    return counts
  }

  private func run(_ attack: Attack, _ target: Target) {
    var peers: [Peer?] = Array(repeating: nil, count: attack.connections)
    var counts = Counts()
    var number = 0
    // a seed for each attack, so that two of them do not guess alike
    var random = UInt64(attack.rawValue.utf8.count) &* 0x9e37_79b9_7f4a_7c15 | 1
    while !state.withLock({ $0.isOver }) {
      for index in peers.indices {
        if peers[index] == nil {
          peers[index] = Peer(
            target, from: attack.address(number % attack.connections), bufferBytes: attack.bufferBytes,
            isSecured: target.isSecured && attack.speaksTLS)
          number += 1
          if peers[index] != nil { counts.connections += 1 }
        }
        guard let peer = peers[index] else { continue }
        random ^= random << 13
        random ^= random >> 7
        random ^= random << 17
        let hadAnswer = !peer.received.isEmpty
        if attack.readBytes > 0 { peer.pump(most: attack.readBytes) }
        if !hadAnswer, !peer.received.isEmpty { counts.answers += 1 }
        let goesOn = attack.act(peer, target, random: &random)
        peer.turn += 1
        if peer.isClosed || !goesOn { peers[index] = nil }
        // all 10,000 take a while
        if index % 256 == 255, state.withLock({ $0.isOver }) { break }
      }
      counts.open = max(counts.open, peers.count { $0 != nil })
      state.withLock { [counts] in $0.counts = counts }
      usleep(attack.pause)
    }
  }
}
