internal import CHost

/// What this process holds of the machine's memory.
package enum OwnMemory {
  /// Has the heap keep little of what is freed. To be called first, while there is one thread.
  package static func settle() { chost_memory_settle() }

  /// Gives back what is freed, and the pages of code and constants that were used so far: at the start that is much which is
  /// never used again. What is used again comes back from the page cache, by a page fault. Takes less than a millisecond.
  package static func giveBack() { chost_memory_give_back() }

  /// The same for the last time, as the start is over.
  package static func started() { chost_memory_started() }
}
