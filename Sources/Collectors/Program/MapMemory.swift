internal import BPF
internal import Host

/// Kernel memory of eBPF maps.
enum MapMemory {
  /// The name that constants and variables have together.
  static let data = "data"

  /// The bytes of each map, as far as the kernel says; what has one name in one collector is added up.
  static func read(
    _ loaded: [any LoadedPrograms], paths: HostPaths
  ) -> [(collector: String, map: String, bytes: UInt64)] {
    var result: [(collector: String, map: String, bytes: UInt64)] = []
    for programs in loaded {
      for map in programs.maps() {
        guard let bytes = try? OwnProcess.mapBytes(descriptor: map.descriptor, paths: paths) else { continue }
        let collector = programs.collector
        // libbpf calls sections by the object's name, cut short, and their own
        let name = map.name.utf8.contains(UInt8(ascii: ".")) ? data : map.name
        if let index = result.firstIndex(where: { $0.collector == collector && $0.map == name }) {
          result[index].bytes &+= bytes
        } else {
          result.append((collector, name, bytes))
        }
      }
    }
    return result
  }
}
