internal import BPFPrograms

/// Processes whose first thread has ended go on in the memory of the others.
extension ProcessTable {
  /// Adds the memory of a thread; all of a process have the same, so the first one tells.
  mutating func add(_ record: MemoryRecord) {
    if memory[record.tgid] == nil { memory[record.tgid] = record }
  }

  /// Gives it to the processes it is of: threads may have come before their leaders.
  mutating func placeMemory() {
    for (tgid, memory) in memory {
      guard let entry = known[tgid], entry.pass == pass else { continue }
      if entry.series >= 0 {
        records[entry.series]?.take(memory)
      } else {
        otherResident += memory.resident_bytes
        otherVirtual += memory.virtual_bytes
      }
    }
    if memory.isEmpty { return }
    for index in candidates.indices {
      if let memory = memory[candidates[index].tgid] { candidates[index].take(memory) }
    }
  }
}

extension ProcessRecord {
  fileprivate mutating func take(_ memory: MemoryRecord) {
    // its leader ended in the midst of the pass
    if memory_of != 0 { return }
    memory_of = memory.pid
    resident_bytes = memory.resident_bytes
    virtual_bytes = memory.virtual_bytes
  }
}
