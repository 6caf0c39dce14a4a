import Host
import Testing

@Suite struct ProcessorTests {
  @Test func everyParagraphIsAProcessor() {
    let text = """
      processor\t: 0
      vendor_id\t: GenuineIntel
      cpu family\t: 6
      model\t\t: 85
      model name\t: Intel(R) Xeon(R): fast
      physical id\t: 0
      core id\t\t: 1
      power management:

      processor\t: 3
      vendor_id\t: GenuineIntel

      """
    let processors = Processor.list(parsing: text)
    #expect(processors.map(\.number) == [0, 3])
    #expect(processors.map(\.vendorID) == ["GenuineIntel", "GenuineIntel"])
    #expect(processors.map(\.modelName) == ["Intel(R) Xeon(R): fast", ""])
    #expect(processors.map(\.physicalID) == ["0", ""] && processors.map(\.coreID) == ["1", ""])
    #expect(processors[0].flags == nil)
  }

  @Test func armTellsNumbersOnly() {
    let text = "processor\t: 0\nBogoMIPS\t: 50.00\n\nprocessor\t: 1\nBogoMIPS\t: 50.00\n\nHardware\t: x\n"
    #expect(Processor.list(parsing: text).map(\.number) == [0, 1])
    #expect(Processor.list(parsing: text).allSatisfy { $0.modelName.isEmpty })
  }

  @Test(arguments: ["", "\n\n", "processor : x\n", "no colon\n"]) func whatIsNoneIsLeftOut(text: String) {
    #expect(Processor.list(parsing: text) == [])
  }

  @Test func identityIsInNumbers() {
    let intel = Processor.list(
      parsing:
        "processor\t: 0\nvendor_id\t: GenuineIntel\ncpu family\t: 6\nmodel\t\t: 85\nmodel name\t: a: b\nstepping\t: 7\n\n"
        + "processor\t: 1\nmodel\t: 1\n")[0]
    #expect(intel.vendor == "GenuineIntel" && intel.family == 6 && intel.model == 85 && intel.stepping == 7)
    let arm = Processor.list(
      parsing: "processor\t: 0\nCPU implementer\t: 0x41\nCPU architecture: 8\nCPU part\t: 0xd0c\nCPU revision\t: 1\n")[
        0]
    #expect(arm.vendor == "0x41" && arm.family == 0 && arm.model == 0xd0c && arm.stepping == 1)
    #expect(Processor.list(parsing: "processor: 0\nvendor_id: x\nmodel: y\n")[0].model == nil)
  }

  /// A carriage return does not swallow the end of its line.
  @Test func linesEndAtTheirNewline() {
    let processors = Processor.list(parsing: "processor: 0\nvendor_id: x\r\nmodel: 3\n")
    #expect(processors.map(\.model) == [3])
  }
}
