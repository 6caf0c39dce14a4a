/// The current frequency of CPUs as cpufreq shows it.
package final class CPUFrequency {
  private let files: [(cpu: Int, file: CounterFile)]
  private let reader: BoundedReader
  /// Until when no CPU is asked again, by CLOCK_MONOTONIC in nanoseconds: none had a frequency.
  private var restsUntil: UInt64 = 0
  /// A driver that comes later is found in this time, in nanoseconds.
  private static let rest: UInt64 = 10_000_000_000

  package init(cpus: [Int], paths: HostPaths, reader: BoundedReader) {
    self.reader = reader
    files = cpus.map {
      ($0, CounterFile(paths.sys("devices/system/cpu/cpu\($0)/cpufreq/scaling_cur_freq")))
    }
  }

  /// Calls `body` with each CPU whose frequency is known now, in hertz (`scaling_cur_freq` is kilohertz).
  ///
  /// CPUs without cpufreq, offline ones and those whose driver writes `<unknown>` are left out. Kernels before 6.1 may sleep
  /// for 10 ms in each: what is not there in time is that of the next time. Where no CPU has any, they are left alone for
  /// ten seconds.
  package func forEach(now: UInt64, _ body: (_ cpu: Int, _ hertz: UInt64) -> Void) {
    if now < restsUntil { return }
    let kilohertz = reader.answer(of: "scaling_cur_freq") { [files] in files.map { try? $0.file.read() } }
    if let kilohertz, kilohertz.allSatisfy({ $0 == nil }) { restsUntil = now + Self.rest }
    for (cpu, kilohertz) in zip(files.map(\.cpu), kilohertz ?? []) {
      guard let kilohertz else { continue }
      let (hertz, tooLarge) = kilohertz.multipliedReportingOverflow(by: 1000)
      if !tooLarge { body(cpu, hertz) }
    }
  }
}
