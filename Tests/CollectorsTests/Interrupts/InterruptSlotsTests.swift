import BPFPrograms
import Host
import Testing

@testable import Collectors

/// Which interrupts have series of their own, by what `/proc/interrupts` shows.
@Suite struct InterruptSlotsTests {
  private func interrupts(_ lines: String...) throws -> [Interrupts.Interrupt] {
    let text = "           CPU0       CPU1\n" + lines.map { $0 + "\n" }.joined()
    let bytes = Array(text.utf8)
    return try Interrupts(parsing: bytes.span).interrupts
  }

  private func line(_ number: Int, _ name: String, _ count: Int = 10) -> String {
    " \(number):  \(count)  0  PCI-MSIX-0000:00:02.0   1-edge      \(name)"
  }

  @Test func busiestHaveSeriesAndTheRestShareOne() throws {
    var slots = InterruptSlots(limit: 2)
    let changes = slots.update(
      try interrupts(line(30, "a", 5), line(31, "b", 900), line(32, "c", 7), "LOC:  5000  5000  Local timer interrupts")
    )
    #expect(slots.identities.map(\.name) == ["b", "c"])
    #expect(changes.map(\.number) == [31, 32])
    #expect(changes.map(\.slot) == [1, 2])
  }

  @Test func numbersThatNoInterruptHasTakeNoSlot() throws {
    var slots = InterruptSlots(limit: 8)
    let changes = slots.update(
      try interrupts(line(-5, "a"), line(Int.max, "b"), line(Int.min, "c"), line(Int(IRQ_NUMBERS), "d"), line(3, "e")))
    #expect(changes.map(\.number) == [3])
  }

  @Test func interruptThatNeverCameTakesNoSlot() throws {
    var slots = InterruptSlots(limit: 2)
    #expect(slots.update(try interrupts(line(30, "a", 0), line(31, "b", 1))).map(\.number) == [31])
    let changes = slots.update(try interrupts(line(30, "a", 3), line(31, "b", 1)))
    #expect(changes.map(\.number) == [30])
    #expect(slots.identities.map(\.name) == ["b", "a"])
  }

  @Test func nothingChangesWhereNothingIsNew() throws {
    var slots = InterruptSlots(limit: 8)
    let table = try interrupts(line(30, "a"), line(31, "b"))
    #expect(slots.update(table).count == 2)
    #expect(slots.update(table).isEmpty)
  }

  /// The counters of the two devices are apart, and those of the first go on when it is back.
  @Test func numberThatGoesToAnotherDeviceGoesToAnotherSlot() throws {
    var slots = InterruptSlots(limit: 8)
    #expect(slots.update(try interrupts(line(30, "eth0"))).map(\.slot) == [1])
    #expect(slots.update(try interrupts(line(30, "nvme0q1"))).map(\.slot) == [2])
    // gone: nothing to count, and its series stays
    #expect(slots.update(try interrupts(line(40, "x", 0))).isEmpty)
    #expect(slots.identities.map(\.name) == ["eth0", "nvme0q1"])
    #expect(slots.update(try interrupts(line(30, "eth0"))).map(\.slot) == [1])
    #expect(slots.identities.count == 2)
  }

  @Test func deviceWithoutRoomIsNotCountedAsTheOneBeforeIt() throws {
    var slots = InterruptSlots(limit: 1)
    #expect(slots.update(try interrupts(line(30, "eth0"))).map(\.slot) == [1])
    #expect(slots.update(try interrupts(line(30, "nvme0q1"))).map(\.slot) == [0])
    #expect(slots.identities.map(\.name) == ["eth0"])
  }

  @Test func handlersOfASharedLineAreOneName() throws {
    var slots = InterruptSlots(limit: 8)
    _ = slots.update(try interrupts(" 17:  5  5  IO-APIC  17-fasteoi   i801_smbus, ehci_hcd:usb1"))
    #expect(slots.identities == [.init(number: 17, name: "i801_smbus, ehci_hcd:usb1")])
  }

  @Test func numberBeyondTheTableAndLineWithoutHandlerStayInOther() throws {
    var slots = InterruptSlots(limit: 8)
    let table = try interrupts(line(Int(IRQ_NUMBERS), "far"), " 9:  5  5  IO-APIC  9-edge")
    #expect(slots.update(table).isEmpty)
    #expect(slots.identities.isEmpty)
  }

  @Test func namesAreThoseOfTheKernel() throws {
    let kernel = try SoftInterrupts(paths: HostPaths()).vectors.map(\.name)
    #expect(IRQCollector.vectors == kernel)
    #expect(IRQCollector.vectors.count == Int(SOFTIRQS))
  }
}
