import Testing

@testable import Energy

@Suite struct PowerModelTests {
  @Test func fileOfCoefficientsIsRead() throws {
    let model = try PowerModel(
      parsing: """
        # a machine
        idle_watts = 20
        idle_watts_per_cpu=0.5   # each

        \tbusy_watts\t=\t8
        busy_watts_per_cpu = 3.25
        joules_per_syscall = 2e-6
        joules_per_context_switch = 1.5E-6
        joules_per_packet = +1e-5\r
        """, path: "m")
    var expected = PowerModel()
    expected.idleWatts = 20
    expected.idleWattsPerCPU = 0.5
    expected.busyWatts = 8
    expected.busyWattsPerCPU = 3.25
    expected.joulesPerSystemCall = 2e-6
    expected.joulesPerContextSwitch = 1.5e-6
    expected.joulesPerPacket = 1e-5
    #expect(model == expected)
  }

  static let mistakes: [(text: String, line: Int, column: Int, words: String)] = [
    ("idle_watts = 1\n bussy_watts = 2", 2, 2, "there is no coefficient \"bussy_watts\"; they are idle_watts,"),
    ("idle_watts 1", 1, 12, "expected \"=\""),
    ("idle_watts", 1, 11, "expected \"=\""),
    ("= 3", 1, 1, "there is no coefficient \"\""),
    ("idle_watts =", 1, 13, "the value is missing"),
    ("\n\nidle_watts = # 3", 3, 13, "the value is missing"),
    ("idle_watts = 1O", 1, 14, "\"1O\" is no number"),
    ("idle_watts = 1 2", 1, 14, "\"1 2\" is no number"),
    ("idle_watts = 1,5", 1, 14, "\"1,5\" is no number"),
    ("idle_watts = nan", 1, 14, "\"nan\" is no number"),
    ("idle_watts = inf", 1, 14, "\"inf\" is no number"),
    ("idle_watts = 0x10", 1, 14, "\"0x10\" is no number"),
    ("idle_watts = 1e999", 1, 14, "1e999 is not from 0 to 100000"),
    ("idle_watts = -1", 1, 14, "-1 is not from 0 to 100000"),
    ("idle_watts = 1\n\nidle_watts = 1", 3, 1, "set in line 1 already"),
    ("# nothing\n", 1, 1, "no coefficient"),
    ("", 1, 1, "no coefficient"),
  ]

  @Test(arguments: mistakes)
  func mistakeIsNamedWithLineAndColumn(text: String, line: Int, column: Int, words: String) {
    do throws(PowerModelError) {
      _ = try PowerModel(parsing: text, path: "m.conf")
      Issue.record("accepted: \(text)")
    } catch {
      #expect(error.description.hasPrefix("m.conf:\(line):\(column): "), "\(error)")
      #expect(error.message.contains(words), "\(error)")
    }
  }

  @Test func wattsAreIdleAndCoefficientsTimesActivity() {
    var model = PowerModel()
    model.idleWatts = 10
    model.idleWattsPerCPU = 1
    model.busyWatts = 40
    model.busyWattsPerCPU = 2
    var work = PowerModel.Work()
    work.seconds = 2
    work.cpus = 4
    #expect(model.joules(of: work) == 28)
    // All four busy all the time: 40 W and 2 W for each.
    work.busySeconds = 8
    #expect(model.joules(of: work) == 28 + 80 + 16)
    work.cpus = 0
    work.busySeconds = 0
    #expect(model.joules(of: work) == 20)
  }

  @Test func presetsAreDistinctAndSane() {
    #expect(Set(PowerModel.presets.map(\.name)).count == PowerModel.presets.count)
    for preset in PowerModel.presets {
      #expect(!preset.name.contains("/") && preset.name != "auto")
      #expect(preset.model.idleWattsPerCPU > 0 && preset.model.busyWattsPerCPU > preset.model.idleWattsPerCPU)
      #expect(preset.model.busyWattsPerCPU < 10)
    }
  }

  @Test(arguments: [
    ("GenuineIntel", 6, 85, 4, "skylake"), ("GenuineIntel", 6, 85, 7, "cascadelake"), ("GenuineIntel", 6, 85, 11, nil),
    ("GenuineIntel", 6, 79, 1, "broadwell"), ("GenuineIntel", 6, 63, 2, "haswell"), ("GenuineIntel", 6, 143, 8, nil),
    ("GenuineIntel", 15, 79, 1, nil), ("AuthenticAMD", 23, 1, 2, "epyc-1"), ("AuthenticAMD", 23, 49, 0, "epyc-2"),
    ("AuthenticAMD", 25, 1, 1, "epyc-3"), ("AuthenticAMD", 25, 17, 1, nil), ("0x41", 0, 0xd0c, 1, "neoverse-n1"),
    ("0x41", 0, 0xd40, 1, nil),
  ])
  func processorHasItsPresetOrNone(vendor: String, family: Int, model: Int, stepping: Int, name: String?) {
    let processor = ProcessorIdentity(vendor: vendor, family: family, model: model, stepping: stepping)
    #expect(PowerModel.preset(for: processor)?.name == name)
  }
}
