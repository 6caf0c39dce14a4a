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
    #expect(
      Processor.list(parsing: text) == [
        Processor(number: 0, vendor: "GenuineIntel", model: "Intel(R) Xeon(R): fast", package: "0", core: "1"),
        Processor(number: 3, vendor: "GenuineIntel", model: "", package: "", core: ""),
      ])
  }

  @Test func armTellsNumbersOnly() {
    let text = "processor\t: 0\nBogoMIPS\t: 50.00\n\nprocessor\t: 1\nBogoMIPS\t: 50.00\n\nHardware\t: x\n"
    #expect(Processor.list(parsing: text).map(\.number) == [0, 1])
    #expect(Processor.list(parsing: text).allSatisfy { $0.model.isEmpty })
  }

  @Test(arguments: ["", "\n\n", "processor : x\n", "no colon\n"]) func whatIsNoneIsLeftOut(text: String) {
    #expect(Processor.list(parsing: text) == [])
  }
}
