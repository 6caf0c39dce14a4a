import BPFPrograms
import Foundation
import Collecting
import Host
import Logging
import Testing

@testable import BPF
@testable import Collectors

extension KernelTests {
  /// Handlers within handlers, run by hand in the calling thread: no hardware here makes them.
  @Suite(.serialized) struct InterruptNestingTests {
    private static let cpu = usableCPUs[0]

    /// The programs, not attached: nothing else on the machine is counted. The form by BTF has the same body.
    private final class Scene {
      let programs: InterruptPrograms
      /// Nanoseconds and interrupts, by number.
      typealias Figures = [UInt64: (time: UInt64, count: UInt64)]

      init() throws {
        var options = CollectorOptions()
        options.enabled = ["cpu", "irq"]
        options.interrupts.form = .raw
        programs = try InterruptPrograms.load(options: options, logger: .init(label: "tests"))
        programs.detach()
        try programs.run("cpuhp_enter", on: cpu)
        for (slot, irq) in [10, 20, 30, 40, 50, 60].enumerated() { try programs.assign(irq, to: slot + 1) }
        stay(on: [cpu])
      }

      deinit { stay(on: usableCPUs) }

      func enter(_ irq: UInt64) throws { try programs.run("irq_handler_entry", on: cpu, irq, 0) }
      func leave(_ irq: UInt64) throws { try programs.run("irq_handler_exit", on: cpu, irq, 0, 1) }

      /// What was counted of the number since it was attached, which none of these came meanwhile.
      func figures(_ irq: UInt64) -> (time: UInt64, count: UInt64) {
        var words = [UInt64](repeating: 0, count: Int(HARDIRQ_TIME_SLOTS) + 1)
        let slot = Int(irq) / 10
        for element in stride(from: slot, to: programs.hardirqs.count, by: programs.slots) {
          programs.hardirqs.addWords(of: element, at: 0, to: &words)
        }
        return (words.last!, words.dropLast().reduce(0, +))
      }

      /// Of all interrupts, as `cpu` shows it.
      func total() -> UInt64 {
        let offset = MemoryLayout<InterruptsPerCPU>.offset(of: \.hardirq_ns)!
        return programs.cpus.load(cpu, offset: offset) + programs.cpus.load(cpu, offset: offset + 8)
      }
    }

    @Test func timeWithinAnotherHandlerIsCountedOnce() throws {
      let scene = try Scene()
      let before = scene.total()
      let began = MonotonicClock.now
      try scene.enter(10)
      pause(seconds: 0.02)
      try scene.enter(20)
      pause(seconds: 0.04)
      try scene.leave(20)
      try scene.enter(30)
      pause(seconds: 0.01)
      try scene.leave(30)
      pause(seconds: 0.02)
      try scene.leave(10)
      let took = MonotonicClock.now - began
      let (outer, inner, second) = (scene.figures(10), scene.figures(20), scene.figures(30))
      #expect(outer.count == 1 && inner.count == 1 && second.count == 1)
      #expect(outer.time >= 40_000_000 && inner.time >= 40_000_000 && second.time >= 10_000_000)
      let sum = outer.time + inner.time + second.time
      #expect(sum <= took, "no more than the time that passed")
      #expect(sum >= 90_000_000)
      #expect(scene.total() - before == sum)
    }

    /// Deeper than there is room for: what is missing is missing, and all that comes later is counted.
    @Test func endsThatWereMissedAreInNobodysWay() throws {
      let scene = try Scene()
      for irq: UInt64 in [10, 20, 30, 40, 50] { try scene.enter(irq) }
      for irq: UInt64 in [50, 40, 30, 20, 10] { try scene.leave(irq) }
      #expect(scene.figures(50).count == 1)
      let counted = scene.figures(60).count
      for _ in 0..<5 {
        try scene.enter(60)
        try scene.leave(60)
      }
      #expect(scene.figures(60).count == counted + 5)
      // an end without a beginning
      try scene.leave(20)
      // and a beginning whose end was missed, twice
      for _ in 0..<2 { try scene.enter(10) }
      let ended = scene.figures(10).count
      try scene.leave(10)
      try scene.leave(10)
      #expect(scene.figures(10).count == ended + 1)
    }
  }
}
