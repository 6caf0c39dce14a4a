import BPFPrograms
import Host
import Testing

@testable import Collectors

/// When disks' series began.
@Suite struct BlockTableTests {
  private var table = BlockTable(slots: 2, paths: HostPaths())

  private func disk(_ name: String, slot: Int) -> BlockPrograms.Device {
    BlockPrograms.Device(number: UInt32(slot), slot: slot, name: name)
  }

  @Test mutating func aSeriesBeganAtTheLastLookThatDidNotFindItsDisk() {
    let none = [UInt64](repeating: 0, count: BlockPrograms.words)
    table.note([disk("sda", slot: 1)], at: 10)
    #expect(table.start(of: "sda") == nil)
    table.note([], at: 20)
    let late = disk("sdb", slot: 1)
    table.note([late], at: 30)
    #expect(table.start(of: "sdb") == 20)
    // gone and back it goes on from where it was
    table.retire(late, none)
    table.note([], at: 40)
    table.note([late], at: 50)
    #expect(table.start(of: "sdb") == 20)
    // forgotten it begins anew
    for name in ["sdc", "sdd"] { table.retire(disk(name, slot: 1), none) }
    table.retire(late, none)
    for name in ["sde", "sdf"] { table.retire(disk(name, slot: 1), none) }
    table.forgetSome(present: [])
    table.note([late], at: 60)
    #expect(table.start(of: "sdb") == 50)
  }
}
