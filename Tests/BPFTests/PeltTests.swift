import Fixtures
import BPFPrograms
import Foundation
import Testing

/// The functions that the eBPF programs call, against numeric integration of the signal.
@Suite struct PeltTests {
  private static let timeConstant = 32.0 * 1_048_576 / log(2)
  private static let millisecond = 1_000_000.0

  /// A task's signal, integrated in small steps; its clock runs at `pace` of time while the task runs.
  private struct Model {
    var value: Double
    var avg = 0.0
    var est = 0.0
    var pace = 1.0

    mutating func go(_ ns: Double, running: Bool, estimate: Double = 0) {
      let steps = min(2_000, max(50, Int(ns / 100_000)))
      let step = ns / Double(steps)
      let factor = exp(-step * (running ? pace : 1) / PeltTests.timeConstant)
      for _ in 0..<steps {
        let before = value
        value = running ? 1 - (1 - value) * factor : value * factor
        let middle = (before + value) / 2
        avg += middle * step
        est += max(middle, estimate) * step
      }
    }
  }

  /// A stretch of one kind, with up to a period of the other before it, as the kernel's updates cut them.
  @Test func areaIsThatOfNumericIntegration() {
    var random = Generator(seed: 11)
    for _ in 0..<2_000 {
      let from = random.below(1025)
      let estimate = random.below(1025)
      let long = 1_000 + (random.below(1 << 30) >> random.below(18))
      let short = random.below(min(1_048_576, long))
      let runsLast = random.below(2) == 0
      if runsLast && long > 20_000_000 { continue }
      var model = Model(value: Double(from) / 1024)
      let share = Double(estimate) / 1024
      model.go(Double(short), running: !runsLast, estimate: share)
      model.go(Double(long), running: runsLast, estimate: share)
      let to = UInt64(model.value * 1024)
      let ran = runsLast ? long : short
      let areas = pelt_between(from, to, estimate, short + long, ran)
      // util_avg has ten bits: a unit of it over half a half-life, and where it passes the estimate
      let slack = 25_000_000.0 / 1024
      #expect(abs(Double(areas.avg) - model.avg) <= model.avg * 0.002 + slack, "\(from) \(short) \(long) \(runsLast)")
      #expect(
        abs(Double(areas.est) - model.est) <= model.est * 0.004 + slack,
        "\(from) \(estimate) \(short) \(long) \(runsLast)")
      #expect(areas.est + 2_000 >= areas.avg)
    }
  }

  @Test func decayIsExactToAMillionth() {
    for ns in stride(from: 0 as UInt64, through: 400_000_000, by: 77_777) {
      let exact = exp(-Double(ns) / Self.timeConstant) * 1_048_576
      #expect(abs(Double(pelt_decayed(1 << 20, ns)) - exact) <= 4, "\(ns) ns")
    }
    #expect(pelt_decayed(1 << 20, .max) == 0)
    #expect(abs(Int(pelt_decayed(1 << 20, 32 << 20)) - 1 << 19) <= 1)
  }

  /// What an estimate over days adds fits into 64 bits.
  @Test func sleepOfDaysIsOneEstimate() {
    let day: UInt64 = 86_400_000_000_000
    let areas = pelt_between(512, 0, 256, 10 * day, 0)
    #expect(areas.est / (10 * day / 4) == 1)
    #expect(areas.avg < 50_000_000)
  }

  /// The kernel's updates of a task that runs `burst` in every `period`, with its tick every 4 ms.
  ///
  /// - Returns: the areas by `pelt_between`, and the signal's mean if it were read at switch-out alone.
  private func duty(
    burst: Double, period: Double, pace: Double = 1
  ) -> (avg: Double, exact: Double, ran: Double, sampled: Double) {
    var model = Model(value: burst / period, pace: pace)
    let cycles = 100
    var area = 0.0
    var sampled = 0.0
    var last = UInt64(model.value * 1024)
    func point(_ ns: Double, ran: Double) {
      let now = UInt64(model.value * 1024)
      area += Double(pelt_between(last, now, 0, UInt64(ns), UInt64(ran)).avg)
      last = now
    }
    for _ in 0..<cycles {
      var left = burst
      while left > 0 {
        let slice = min(left, 4 * Self.millisecond)
        model.go(slice, running: true)
        point(slice, ran: slice)
        left -= slice
      }
      sampled += model.value
      model.go(period - burst, running: false)
      point(period - burst, ran: 0)
    }
    return (area, model.avg, burst * Double(cycles), sampled / Double(cycles))
  }

  /// Why the signal is integrated: read as the task is switched out, it is at the peak of its saw-tooth.
  @Test func signalAtSwitchOutIsSixteenPercentTooHigh() {
    let burst = 5 * Self.millisecond
    let period = 20 * Self.millisecond
    let result = duty(burst: burst, period: period)
    #expect(abs(result.sampled / (burst / period) - 1.16) < 0.01)
    #expect(abs(result.avg / result.ran - 1) < 0.01)
    // the peak in closed form
    let peak = (1 - exp(-burst / Self.timeConstant)) / (1 - exp(-period / Self.timeConstant))
    #expect(abs(result.sampled / peak - 1) < 0.01)
  }

  @Test(arguments: [(1.0, 10.0), (0.5, 10), (8, 10), (5, 20), (30, 100), (100, 400)])
  func meanOfTheSignalIsTheDuty(burst: Double, period: Double) {
    let result = duty(burst: burst * Self.millisecond, period: period * Self.millisecond)
    // a unit of util_avg is 1/1024 of a CPU
    #expect(abs(result.avg / result.ran - 1) < 0.005 + period / burst / 1024)
  }

  /// Where the CPU runs at half its highest frequency the signal is lower, and the area is still the signal's own.
  @Test(arguments: [(5.0, 20.0), (8, 10), (30, 100)])
  func areaFollowsASignalThatIsScaledByFrequency(burst: Double, period: Double) {
    let result = duty(burst: burst * Self.millisecond, period: period * Self.millisecond, pace: 0.5)
    #expect(result.exact < result.ran * 0.9)
    #expect(abs(result.avg / result.exact - 1) < 0.03)
  }
}
