package import Host

/// How many eBPF programs of the machine have series, and how they are found.
package struct BPFOptions: Sendable {
  /// At most so many; the rest is in `other`.
  package var programs = 100
  /// nil: with this process's own privileges.
  package var next: LoadedObject.Next?

  package init() {}
}
