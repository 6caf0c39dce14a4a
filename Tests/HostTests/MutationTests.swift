import Testing

@testable import Host

/// Parsers meet bytes that no kernel writes: they may refuse or leave out, never trap or invent.
@Suite struct MutationTests {
  /// SplitMix64: the same cases in every run.
  struct Generator: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var value = state
      value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
      value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
      return value ^ (value >> 31)
    }

    /// `text` with some bytes changed, taken out or doubled.
    mutating func mutate(_ text: String) -> [UInt8] {
      var bytes = Array(text.utf8)
      for _ in 0..<Int.random(in: 1...8, using: &self) where !bytes.isEmpty {
        let index = bytes.indices.randomElement(using: &self)!
        switch Int.random(in: 0...3, using: &self) {
        case 0: bytes[index] = UInt8.random(in: 0...255, using: &self)
        case 1: bytes.remove(at: index)
        case 2: bytes.insert(bytes[index], at: index)
        default: bytes.removeSubrange(index..<min(bytes.count, index + 20))
        }
      }
      return bytes
    }
  }

  @Test func interruptsOfBrokenTextKeepToTheHeading() {
    var generator = Generator(state: 1)
    for _ in 0..<3000 {
      let bytes = generator.mutate(Bool.random(using: &generator) ? InterruptTests.x86 : InterruptTests.arm64)
      guard let interrupts = try? Interrupts(parsing: bytes.span) else { continue }
      for interrupt in interrupts.interrupts {
        #expect((1...interrupts.cpus.count).contains(interrupt.counts.count))
      }
    }
  }

  @Test func containersOfBrokenPathsAreOnesThePathShows() {
    let shapes = ContainerIdentityTests.docker + ContainerIdentityTests.kubernetes + ContainerIdentityTests.others
    var generator = Generator(state: 3)
    for _ in 0..<300 {
      for shape in shapes {
        let path = String(decoding: generator.mutate(shape.path), as: UTF8.self)
        guard let identity = ContainerIdentity(controlGroup: path) else { continue }
        #expect(identity.containerID != nil || identity.podUID != nil)
        if let uid = identity.podUID { #expect(uid.utf8.count == 36 || uid.utf8.count == 32) }
        guard let id = identity.containerID else { continue }
        #expect(path.replacing(#"\x2d"#, with: "-").contains(id))
        if identity.runtime == .docker || identity.runtime == .crio || identity.runtime == .podman {
          #expect(ContainerIdentity.isID(Substring(id)))
        }
      }
    }
  }
}
