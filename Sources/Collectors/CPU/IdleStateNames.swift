internal import Host

/// What cpuidle calls the idle states of each CPU; the state's number where it does not say.
struct IdleStateNames {
  private let names: [[String]]

  init(cpus: Int, states: Int, paths: HostPaths) {
    names = (0..<cpus).map { cpu in
      var used: Set<String> = []
      return (0..<states).map { state in
        let file = paths.sys("devices/system/cpu/cpu\(cpu)/cpuidle/state\(state)/name")
        let name = (try? SmallFile.text(file)) ?? "\(state)"
        // two states of one name would be one series
        return used.insert(name).inserted ? name : "\(name)-\(state)"
      }
    }
  }

  subscript(cpu: Int, state: Int) -> String { names[cpu][state] }
}
