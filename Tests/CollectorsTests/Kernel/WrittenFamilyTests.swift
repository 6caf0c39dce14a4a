import Collecting
import Exposition
import Testing

@testable import Collectors

extension KernelTests {
  @Suite struct WrittenFamilyTests {
    /// What a collector writes is what its definition lists.
    @Test(arguments: Registry.collectors.map(\.name).filter { !["pmu", "energy", "compat"].contains($0) })
    func collectorWritesNoFamilyThatIsNotListed(name: String) throws {
      let definition = try #require(Registry.collectors.first { $0.name == name })
      let live = try LiveCollectors([name])
      let collector = try definition.make(live.context)
      var writer = SampleWriter()
      try collector.collect(into: &writer)
      let written = writer.finish().families.map(\.name)
      #expect(Set(written).isSubset(of: definition.families.map(\.name)))
      #expect(Set(written).count == written.count)
      #expect(!written.isEmpty)
    }
  }
}
