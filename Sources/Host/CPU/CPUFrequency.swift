/// The current frequency of CPUs as cpufreq shows it.
package final class CPUFrequency {
  private let files: [(cpu: Int, file: CounterFile)]

  package init(cpus: [Int], paths: HostPaths) {
    files = cpus.map {
      ($0, CounterFile(paths.sys("devices/system/cpu/cpu\($0)/cpufreq/scaling_cur_freq")))
    }
  }

  /// Calls `body` with each CPU whose frequency is known now, in hertz (`scaling_cur_freq` is kilohertz).
  ///
  /// CPUs without cpufreq, offline ones and those whose driver writes `<unknown>` are left out.
  package func forEach(_ body: (_ cpu: Int, _ hertz: UInt64) -> Void) {
    for (cpu, file) in files {
      guard let kilohertz = try? file.read() else { continue }
      let (hertz, tooLarge) = kilohertz.multipliedReportingOverflow(by: 1000)
      if !tooLarge { body(cpu, hertz) }
    }
  }
}
