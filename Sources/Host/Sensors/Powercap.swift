internal import ByteText

/// A RAPL zone of the powercap tree: an energy counter of a package or of a part of one
/// (Documentation/power/powercap/powercap.rst; AMD's counters appear in the same tree).
package struct PowercapZone: Sendable, Hashable {
  /// Control type and place, `intel-rapl:0:1`: what the kernel calls its folder. Numbers may have gaps and change when the
  /// module is loaded again.
  package let identifier: String
  /// What it measures: `package-0`, `package-0-die-1`, `core`, `uncore`, `dram`, `psys`.
  package let name: String
  /// `name` of the zone it lies in; nil for one at the top.
  package let parentName: String?
  /// Reached over the memory-mapped interface (`intel-rapl-mmio`): the same counter as the zone of that name elsewhere.
  package let isMemoryMapped: Bool
  /// `max_energy_range_uj`: the highest reading before it starts again at 0; nil where the kernel does not tell.
  package let maxEnergyRange: UInt64?
  /// The file with the counter in microjoules, readable by root alone since 5.10 (CVE-2020-8694).
  package let energyPath: String
}

extension PowercapZone {
  /// Finds the zones under `<sysfs>/class/powercap`, in the order of their identifiers.
  ///
  /// No powercap at all is no error. A zone whose files cannot be read is left out and told of in `problems`.
  package static func discover(paths: HostPaths) -> (found: [PowercapZone], problems: [HostError]) {
    let base = paths.sys("class/powercap")
    let (entries, unlisted) = Directory.optionalNames(base)
    var problems = unlisted
    var zones: [PowercapZone] = []
    for place in entries.compactMap(Place.init).sorted(by: <) {
      do throws(HostError) {
        let folder = base + "/" + place.identifier
        zones.append(
          PowercapZone(
            identifier: place.identifier,
            name: try name(folder),
            parentName: try place.parent.map { parent throws(HostError) in try name(base + "/" + parent) },
            isMemoryMapped: place.controlType == "intel-rapl-mmio",
            // Missing or broken: the counter then holds at a step back instead of taking it for a wrap.
            maxEnergyRange: try? SmallFile.unsigned(folder + "/max_energy_range_uj"),
            energyPath: folder + "/energy_uj"))
      } catch {
        problems.append(error)
      }
    }
    return (zones, problems)
  }

  private static func name(_ folder: String) throws(HostError) -> String {
    let path = folder + "/name"
    let name: String
    do throws(SystemError) { name = try SmallFile.text(path) } catch { throw .system(error) }
    if name.isEmpty { throw .malformed(path: path, expected: "the name of a zone", found: "") }
    return name
  }

  /// `intel-rapl:0:1` taken apart. Control types themselves (`intel-rapl`) and other powercap drivers (`dtpm`) are none.
  private struct Place {
    let identifier: String
    let controlType: Substring
    let numbers: [Int]

    init?(_ identifier: String) {
      let parts = identifier.split(at: ":", omittingEmptySubsequences: false)
      let numbers = parts.dropFirst().compactMap { Int($0) }
      guard parts[0].begins(with: "intel-rapl"), !numbers.isEmpty, numbers.count == parts.count - 1 else { return nil }
      self.identifier = identifier
      self.controlType = parts[0]
      self.numbers = numbers
    }

    var parent: String? {
      numbers.count == 1 ? nil : controlType + ":" + numbers.dropLast().map(String.init).joined(separator: ":")
    }

    static func < (left: Place, right: Place) -> Bool {
      if left.controlType != right.controlType { return left.controlType < right.controlType }
      return left.numbers.lexicographicallyPrecedes(right.numbers)
    }
  }
}
