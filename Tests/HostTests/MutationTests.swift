import Fixtures
import Testing

@testable import Host

/// Parsers meet bytes that no kernel writes: they may refuse or leave out, never trap or invent.
@Suite struct MutationTests {
  @Test func interruptsOfBrokenTextKeepToTheHeading() {
    var generator = Generator(seed: 1)
    for _ in 0..<3000 {
      let bytes = generator.mutate(Bool.random(using: &generator) ? InterruptTableTests.x86 : InterruptTableTests.arm64)
      guard let interrupts = try? Interrupts(parsing: bytes.span) else { continue }
      for interrupt in interrupts.interrupts {
        #expect((1...interrupts.cpus.count).contains(interrupt.counts.count))
      }
    }
  }

  @Test func containersOfBrokenPathsAreOnesThePathShows() {
    let shapes = ContainerIdentityTests.docker + ContainerIdentityTests.kubernetes + ContainerIdentityTests.others
    var generator = Generator(seed: 3)
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

extension Generator {
  /// `text` with some bytes changed, taken out or doubled.
  fileprivate mutating func mutate(_ text: String) -> [UInt8] {
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
