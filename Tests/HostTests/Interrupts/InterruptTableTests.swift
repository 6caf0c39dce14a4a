import Glibc
import Testing

@testable import Host

@Suite struct InterruptTableTests {
  static let x86 = """
               CPU0       CPU1       CPU4       \("")
      0:         36          0          0  IR-IO-APIC    2-edge      timer
     16:          1          2          3  IR-IO-APIC   16-fasteoi   i801_smbus, ehci_hcd:usb1
    125:          0    4294967  999999999  IR-PCI-MSI 512000-edge      nvme0q0
     28:          0          5          0 PCI-MSIX-0000:00:01.0   0-edge      virtio0-config
     48:          7          0          0  xen-percpu    -virq      timer0
     60:          9          0          0  IR-PCI-MSI 376832-edge      ahci[0000:00:17.0] port 0
     61:          4          0          0  IR-IO-APIC   5-edge    \("")
    NMI:          1          2          3   Non-maskable interrupts
    LOC:     661639     697405     123456   Local timer interrupts
    ERR:          0
    MIS:          2

    """

  static let arm64 = """
               CPU0       CPU1       \("")
     11:       1745       1811     GICv3  27 Level     arch_timer
     14:          0          0     GICv3  23 Level     arm-pmu
     18:         12          0     GICv3  33 Level     uart-pl011
     45:          3          0   ITS-MSI 524288 Edge      nvme0q0
     50:          1          0  1e780000.gpio   4 Edge      power button
     51:          1          0     GICv3  99 Level    \("")
    IPI0:        66         77       Rescheduling interrupts
    Err:          0

    """

  private func parse(_ text: String) throws -> Interrupts { try Interrupts(parsing: Array(text.utf8).span) }

  @Test func namesAndSourcesAreTakenApart() throws {
    let interrupts = try parse(Self.x86)
    #expect(interrupts.cpus == [0, 1, 4])
    #expect(interrupts.interrupts.prefix(7).map(\.number) == [0, 16, 125, 28, 48, 60, 61])
    #expect(
      interrupts.interrupts.map(\.name) == [
        "timer", "i801_smbus, ehci_hcd:usb1", "nvme0q0", "virtio0-config", "timer0", "ahci[0000:00:17.0] port 0", "",
        "Non-maskable interrupts", "Local timer interrupts", "", "",
      ])
    #expect(
      interrupts.interrupts.map(\.source) == [
        "IR-IO-APIC 2-edge", "IR-IO-APIC 16-fasteoi", "IR-PCI-MSI 512000-edge", "PCI-MSIX-0000:00:01.0 0-edge",
        "xen-percpu -virq", "IR-PCI-MSI 376832-edge", "IR-IO-APIC 5-edge", "", "", "", "",
      ])
  }

  @Test func countsFollowTheHeading() throws {
    let interrupts = try parse(Self.x86).interrupts
    #expect(interrupts[1].counts == [1, 2, 3])
    #expect(interrupts[2].counts == [0, 4_294_967, 999_999_999])
    #expect(interrupts[8].counts == [661_639, 697_405, 123_456])
    #expect(interrupts[9].label == "ERR" && interrupts[9].number == nil && interrupts[9].counts == [0])
    #expect(interrupts[10].counts == [2])
  }

  @Test func armWritesTheTriggerApart() throws {
    let interrupts = try parse(Self.arm64)
    #expect(interrupts.cpus == [0, 1])
    #expect(
      interrupts.interrupts.map(\.name) == [
        "arch_timer", "arm-pmu", "uart-pl011", "nvme0q0", "power button", "", "Rescheduling interrupts", "",
      ])
    #expect(interrupts.interrupts[3].source == "ITS-MSI 524288 Edge")
    #expect(interrupts.interrupts[4].source == "1e780000.gpio 4 Edge")
    #expect(interrupts.interrupts[5].source == "GICv3 99 Level")
    #expect(interrupts.interrupts[6].label == "IPI0" && interrupts.interrupts[6].counts == [66, 77])
  }

  @Test(arguments: ["", "\n", "24: 1 2 name\n", "CPU0", "CPUx\n"])
  func aFileWithoutAHeadingIsRefused(text: String) {
    let error = failure { () throws(HostError) in try Interrupts(parsing: Array(text.utf8).span, path: "/p") }
    #expect(error?.path == "/p")
    #expect(error?.description.contains("a heading of CPUs") == true)
  }

  @Test func brokenLinesAreLeftOut() throws {
    let interrupts = try parse("  CPU0\n 1: 5  A  1-edge  a\n\n: 3\n 2:\n no colon\n 3: x\n 4: 6")
    #expect(interrupts.interrupts.map(\.label) == ["1", "4"])
    #expect(interrupts.interrupts[1].counts == [6] && interrupts.interrupts[1].name == "")
  }

  @Test func softirqsKeepTheirOrder() throws {
    let text = """
                        CPU0       CPU1       \("")
              HI:          0          1
           TIMER:     101274     111065
          NET_TX:          4          0
          NET_RX:     391241      60659

      """
    let softirqs = try SoftInterrupts(parsing: Array(text.utf8).span)
    #expect(softirqs.cpus == [0, 1])
    #expect(softirqs.vectors.map(\.name) == ["HI", "TIMER", "NET_TX", "NET_RX"])
    #expect(softirqs.vectors[3].counts == [391_241, 60_659])
  }

  @Test func interruptsOfThisMachineMoveForward() throws {
    let before = try Interrupts(paths: HostPaths())
    usleep(50_000)
    let after = try Interrupts(paths: HostPaths())
    #expect(after.cpus.count == sysconf(CInt(_SC_NPROCESSORS_ONLN)))
    #expect(Set(after.interrupts.map(\.label)).count == after.interrupts.count)
    func total(_ interrupts: Interrupts) -> UInt64 { interrupts.interrupts.reduce(0) { $0 + $1.counts.reduce(0, +) } }
    #expect(total(after) > total(before))
    for interrupt in after.interrupts where interrupt.number != nil {
      #expect(interrupt.counts.count == after.cpus.count)
      #expect(!interrupt.source.isEmpty)
    }
  }

  @Test func softirqsOfThisMachineAreTheKernelsTen() throws {
    let softirqs = try SoftInterrupts(paths: HostPaths())
    #expect(
      softirqs.vectors.map(\.name) == [
        "HI", "TIMER", "NET_TX", "NET_RX", "BLOCK", "IRQ_POLL", "TASKLET", "SCHED", "HRTIMER", "RCU",
      ])
    #expect(softirqs.vectors.allSatisfy { $0.counts.count == softirqs.cpus.count })
  }
}
