internal import CLibbpf
internal import Glibc

/// The CPUs that the kernel could ever bring online.
///
/// Their numbers may have gaps: on arm64 where a CPU cannot be started, for one.
package enum PossibleCPUs {
  /// How many there are: the values of an entry of a per-CPU hash.
  static let count = max(1, Int(libbpf_num_possible_cpus()))

  /// One more than the highest number: the length of every array that is indexed by the number of a CPU.
  package static var end: Int { simulatedEnd ?? actualEnd }

  private static let actualEnd = max(count, end(of: possible()) ?? 0)

  /// What `end` says instead, so that a test can load maps as large as those of a larger machine.
  @TaskLocal package static var simulatedEnd: Int?

  /// The same of a list as sysfs writes it, `0-3,8`; nil where there is none.
  static func end(of list: some Sequence<UInt8>) -> Int? {
    // in rising order: the last number is the highest
    var last: Int?
    var isNumber = false
    for byte in list {
      let digit = Int(byte) - Int(UInt8(ascii: "0"))
      guard (0...9).contains(digit) else {
        isNumber = false
        continue
      }
      last = isNumber ? min((last ?? 0) * 10 + digit, 1 << 20) : digit
      isNumber = true
    }
    return last.map { $0 + 1 }
  }

  /// What the kernel says, as libbpf reads it; empty where it does not.
  private static func possible() -> [UInt8] {
    let descriptor = open("/sys/devices/system/cpu/possible", O_RDONLY | O_CLOEXEC)
    if descriptor < 0 { return [] }
    defer { close(descriptor) }
    return [UInt8](unsafeUninitializedCapacity: 4096) { buffer, count in
      count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
    }
  }
}

/// A map's name and limits, for the exporter's own metrics.
package struct MapDescription: Sendable, Hashable {
  package let name: String
  package let capacity: Int
  /// Whether it says something how full it is: not of constants and variables, queues and task storage.
  package var isSized: Bool
  /// The map's own, as long as its object is.
  package let descriptor: Int32
  /// The size of what it holds of each possible CPU where the kernel keeps that apart; 0 where it does not.
  package let perCPUBytes: Int
  /// Whether entries come and go (a hash); arrays are always full.
  private let isHash: Bool
  private let keySize: UInt32
  private let valueSize: UInt32

  init(_ map: OpaquePointer) {
    let type = bpf_map__type(map)
    name = String(cString: bpf_map__name(map))
    capacity = Int(bpf_map__max_entries(map))
    descriptor = bpf_map__fd(map)
    keySize = bpf_map__key_size(map)
    let isPerCPU = type == BPF_MAP_TYPE_PERCPU_HASH || type == BPF_MAP_TYPE_PERCPU_ARRAY
    // of the per-CPU values the kernel hands out all
    valueSize = bpf_map__value_size(map) * UInt32(isPerCPU ? PossibleCPUs.count : 1)
    perCPUBytes = isPerCPU ? Int(bpf_map__value_size(map)) * capacity : 0
    isHash = [BPF_MAP_TYPE_HASH, BPF_MAP_TYPE_LRU_HASH, BPF_MAP_TYPE_PERCPU_HASH].contains(type)
    isSized = capacity > 0 && !bpf_map__is_internal(map) && type != BPF_MAP_TYPE_QUEUE
  }

  /// Entries in use, counted in batches; the capacity of an array. nil where the kernel cannot say.
  package func entries() -> Int? {
    guard isHash else { return capacity }
    let count = wp_count_entries(descriptor, keySize, valueSize)
    return count < 0 ? nil : Int(count)
  }
}
