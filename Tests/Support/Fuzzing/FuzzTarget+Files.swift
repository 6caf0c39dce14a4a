internal import Host

extension FuzzTarget {
  private init(_ name: String, _ tree: FuzzTree, _ body: @escaping @Sendable (HostPaths) -> Void) {
    self.name = name
    seeds = tree.seeds
    run = { input in tree.with(input, body) }
  }

  /// What is read of processes, interrupts and the whole system.
  static let procfs = FuzzTarget(
    "procfs",
    FuzzTree([
      (
        "stat",
        "cpu  10 0 5 100 2 0 1 0 0 0\ncpu0 10 0 5 100 2 0 1 0 0 0\nintr 500 1 2\nctxt 900\nbtime 1700000000\nprocesses 80\nsoftirq 7 1 2\n"
      ),
      (
        "interrupts",
        "           CPU0       CPU1\n  0:         33          0   IO-APIC   2-edge      timer\n 24:          0         66  PCI-MSIX-0000:00:02.0   1-edge      virtio1, i801\nNMI:          0          0   Non-maskable interrupts\nERR:          0\n"
      ),
      (
        "softirqs",
        "                    CPU0       CPU1\n          HI:          1          2\n       TIMER:        300        400\n"
      ),
      ("vmstat", "nr_free_pages 5\npgfault 100\npgmajfault 3\noom_kill 1\n"),
      (
        "net/dev",
        "Inter-|   Receive                |  Transmit\n face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed\n    lo: 100 2 0 0 0 0 0 0 100 2 0 0 0 0 0 0\n"
      ),
      (
        "cpuinfo",
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: X\nflags\t\t: fpu\n\n"
      ),
      (
        "self/stat",
        "7 (a b) c) S 1 7 7 0 -1 4194304 1 0 0 0 1 2 0 0 20 0 1 0 55 1000 25 18446744073709551615 1 1 0 0 0\n"
      ),
      ("self/statm", "900 25 3 1 0 60 0\n"),
      ("7/statm", "900 25 3 1 0 60 0\n"),
      (
        "7/cgroup",
        "12:cpu,cpuacct:/a\n0::/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod0a1b2c3d_0000_4000_8000_000000000000.slice/cri-containerd-0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef.scope\n"
      ),
      ("kallsyms", "ffffffff81000000 T _text\nffffffff81000010 t do_it\t[module]\n"),
    ])
  ) { paths in
    _ = try? SystemStatistics(paths: paths)
    _ = try? Interrupts(paths: paths)
    _ = try? SoftInterrupts(paths: paths)
    _ = try? OOMKills.count(paths: paths)
    _ = try? PageFaultStatistics(paths: paths)
    _ = try? PacketCounts.total(paths: paths)
    _ = try? Processor.list(paths: paths)
    _ = try? OwnProcess.startTime(paths: paths)
    _ = try? OwnProcess.residentBytes(paths: paths)
    _ = ProcessMemory(paths: paths).residentBytes(ofProcess: 7, thread: 7)
    if let groups = try? ControlGroups(of: "7", paths: paths) {
      for hierarchy in ControlGroupHierarchy.allCases {
        _ = groups.path(in: hierarchy).flatMap { ContainerIdentity(controlGroup: $0) }
      }
    }
    _ = try? KernelSymbols(paths: paths).names(of: [0xffff_ffff_8100_0004, .max])
  }

  /// CPUs and their frequencies.
  static let topology = FuzzTarget(
    "topology",
    FuzzTree([
      ("devices/system/cpu/online", "0-1,3\n"), ("devices/system/cpu/possible", "0-3\n"),
      ("devices/system/cpu/cpu0/topology/physical_package_id", "0\n"),
      ("devices/system/cpu/cpu0/topology/die_id", "0\n"), ("devices/system/cpu/cpu0/topology/core_id", "0\n"),
      ("devices/system/cpu/cpu0/topology/thread_siblings_list", "0-1\n"),
      ("devices/system/cpu/cpu1/topology/physical_package_id", "-1\n"),
      ("devices/system/cpu/cpu0/cpufreq/scaling_cur_freq", "2400123\n"),
      ("devices/system/cpu/cpu0/cpufreq/scaling_driver", "intel_pstate\n"),
      ("devices/system/cpu/cpu0/cpufreq/cpuinfo_max_freq", "3600000\n"),
      ("devices/system/cpu/cpu0/acpi_cppc/highest_perf", "255\n"),
    ])
  ) { paths in
    guard let topology = try? CPUTopology(paths: paths) else { return }
    _ = topology.cpu(0)
    let scaling = FrequencyScaling(paths: paths)
    _ = (scaling.invariance(isScaled: true), scaling.invariance(isScaled: false))
    CPUFrequency(cpus: Array(topology.possible.prefix(8)), paths: paths, reader: BoundedReader(patience: 10_000))
      .forEach(now: 1) { _, _ in }
  }
}
