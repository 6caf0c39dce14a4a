internal import ByteText

/// `/proc/interrupts`: how often each hardware interrupt came, by CPU, and what it is called (proc(5)).
package struct Interrupts: Sendable, Hashable {
  /// One line.
  package struct Interrupt: Sendable, Hashable {
    /// Its number as programs of the `irq:*` tracepoints see it. Nil for those of the architecture (`NMI`, `IPI0`).
    package let number: Int?
    /// The first column: the number, or what the architecture calls it.
    package let label: String
    /// Since boot, one per CPU of `cpus`; only one for `ERR` and `MIS`, which belong to no CPU. The kernel counts in 32
    /// bits: they wrap.
    package let counts: [UInt64]
    /// What drives it: chip, hardware interrupt and trigger, with one space between them; empty without a number.
    ///
    /// `PCI-MSIX-0000:00:02.0 1-edge`, `GICv3 27 Level`.
    package let source: String
    /// The handlers, `, ` between those that share it (`i801_smbus, ehci_hcd:usb1`); a description (`Local timer
    /// interrupts`) where there is no number. Empty where nothing handles it. The kernel does not keep names unique.
    package let name: String
  }

  /// The CPUs in the order of the counts: those online.
  package let cpus: [Int]
  package let interrupts: [Interrupt]

  /// The interrupts in the text of `/proc/interrupts`; `path` names the file in errors.
  package init(parsing bytes: Span<UInt8>, path: String = "interrupts") throws(HostError) {
    let table = try PerCPUCounts(parsing: bytes, path: path)
    cpus = table.cpus
    interrupts = table.rows.map { row in
      guard let number = Int(row.label) else {
        return Interrupt(number: nil, label: row.label, counts: row.counts, source: "", name: row.rest)
      }
      let (source, name) = Self.split(row.rest)
      return Interrupt(number: number, label: row.label, counts: row.counts, source: source, name: name)
    }
  }

  /// The interrupts now.
  package init(paths: HostPaths) throws(HostError) {
    let path = paths.proc("interrupts")
    let bytes = try SmallFile.bytes(path)
    try self.init(parsing: bytes.span, path: path)
  }

  // `show_interrupts` (kernel/irq/proc.c) writes two spaces before the handlers, which is all that tells them from the
  // columns before: chips and handlers may both have spaces in their names. Without handlers the last column is the
  // hardware interrupt (`5-edge`), the trigger (`Level`) or, with Xen, what it stands for (`-event`).
  private static func split(_ rest: String) -> (source: String, name: String) {
    let words = rest.utf8
    var nameStart = words.startIndex
    var index = words.endIndex
    while index > words.startIndex {
      let before = words.index(before: index)
      if words[before] == UInt8(ascii: " "), before > words.startIndex {
        if words[words.index(before: before)] == UInt8(ascii: " ") {
          nameStart = index
          break
        }
      }
      index = before
    }
    var name = rest[nameStart...]
    var source = rest[..<nameStart]
    if nameStart == words.startIndex || isColumn(name) {
      source = rest[...]
      name = ""
    }
    return (source.split(at: " ").joined(separator: " "), String(name))
  }

  // `5`, `5-edge`, `-event`, `27 Level`, `Level`
  private static func isColumn(_ text: Substring) -> Bool {
    let trigger = text.drop { $0.isASCII && $0.isWholeNumber }
    return trigger.isEmpty || trigger == "Level" || trigger == "Edge" || trigger == " Level" || trigger == " Edge"
      || (trigger.begins(with: "-") && !trigger.contains(" "))
  }
}
