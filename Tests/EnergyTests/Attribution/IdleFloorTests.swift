import Fixtures
import Testing

@testable import Energy

/// Traces of a machine with four CPUs that draws 5 W idle and 10 W more for each busy CPU.
@Suite struct IdleFloorTests {
  private struct Machine {
    var random: Generator
    var idleWatts = 5.0
    var floor = IdleFloor(cpus: 4)

    /// One window of a second with so many CPUs busy.
    mutating func run(busy: Double) {
      let noise = Double(random.next() % 2001) / 1000 - 1
      let watts = idleWatts + 10 * busy + 0.02 * noise
      let window = EnergyWindow(microjoules: UInt64(watts * 1e6), nanoseconds: second)
      floor.learn(from: window, busyNanoseconds: UInt64(busy * 1e9))
    }

    /// Little work: up to 0.08 CPUs, the limit of what is quiet.
    mutating func rest(windows: Int) {
      for _ in 0..<windows { run(busy: Double(random.next() % 80) / 1000) }
    }

    var watts: Double? { floor.microwatts.map { Double($0) / 1e6 } }
  }

  private var machine = Machine(random: Generator(seed: 11))

  /// Sensors have steps, and the work of short windows is seen late.
  @Test mutating func shortWindowsTeachNothing() {
    machine.floor.learn(from: EnergyWindow(microjoules: 900_000, nanoseconds: second / 10 - 1), busyNanoseconds: 0)
    #expect(machine.watts == nil)
    machine.floor.learn(from: EnergyWindow(microjoules: 500_000, nanoseconds: second / 10), busyNanoseconds: 0)
    #expect(machine.watts == 5)
  }

  @Test mutating func busyWindowsTeachNothing() {
    for _ in 0..<1000 { machine.run(busy: 2) }
    #expect(machine.watts == nil)
    #expect(machine.floor.microjoules(in: second) == 0)
  }

  @Test mutating func firstQuietWindowIsTheFloorAndItConvergesFromAbove() throws {
    machine.run(busy: 0.07)
    let first = try #require(machine.watts)
    #expect(first > 5.6)
    machine.rest(windows: 10)
    let then = try #require(machine.watts)
    #expect(then < first)
    machine.rest(windows: 200)
    let last = try #require(machine.watts)
    #expect((4.98...5.15).contains(last))
  }

  @Test mutating func longBusyPeriodChangesNothing() {
    machine.rest(windows: 100)
    let before = machine.watts
    for _ in 0..<100_000 { machine.run(busy: 3.5) }
    #expect(machine.watts == before)
  }

  /// A disk more, or a fan less: the floor follows, upwards more slowly.
  @Test mutating func changeOfTheMachineIsFollowed() throws {
    machine.rest(windows: 400)
    machine.idleWatts = 9
    machine.rest(windows: 100)
    #expect(try #require(machine.watts) < 5.2)
    machine.rest(windows: 200)
    #expect((8.98...9.2).contains(try #require(machine.watts)))
    machine.idleWatts = 4
    machine.rest(windows: 60)
    #expect((3.98...4.5).contains(try #require(machine.watts)))
    machine.rest(windows: 300)
    #expect((3.98...4.15).contains(try #require(machine.watts)))
  }

  @Test mutating func fewUnusuallyLowReadingsAreNotTheFloor() throws {
    machine.rest(windows: 300)
    for _ in 0..<5 {
      machine.floor.learn(from: EnergyWindow(microjoules: 0, nanoseconds: second), busyNanoseconds: 0)
    }
    #expect((4.98...5.15).contains(try #require(machine.watts)))
  }

  /// A twentieth of one CPU is quiet on a small machine, a fiftieth of all CPUs on a large one; twice the time, twice that.
  @Test(arguments: [(1, 50), (2, 50), (4, 80), (64, 1280)])
  func quietIsAFiftiethOfTheMachine(cpus: Int, milliseconds: UInt64) {
    let window = EnergyWindow(microjoules: 1_000_000, nanoseconds: 2 * second)
    var floor = IdleFloor(cpus: cpus)
    floor.learn(from: window, busyNanoseconds: 2 * milliseconds * 1_000_000 + 1)
    #expect(floor.microwatts == nil)
    floor.learn(from: window, busyNanoseconds: 2 * milliseconds * 1_000_000)
    #expect(floor.microwatts == 500_000)
  }

  @Test func floorThatWasToldIsNotLearned() {
    var floor = IdleFloor(microwatts: 7_000_000)
    floor.learn(from: EnergyWindow(microjoules: 1, nanoseconds: second), busyNanoseconds: 0)
    #expect(floor.microwatts == 7_000_000)
    #expect(floor.microjoules(in: second / 2) == 3_500_000)
  }
}
