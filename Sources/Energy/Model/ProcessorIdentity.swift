/// What a processor says of itself.
package struct ProcessorIdentity: Sendable, Hashable, CustomStringConvertible {
  /// `vendor_id` of x86 (`GenuineIntel`), `CPU implementer` of arm64 (`0x41`).
  package var vendor: String
  /// 0 on arm64.
  package var family: Int
  /// `CPU part` on arm64.
  package var model: Int
  package var stepping: Int

  package init(vendor: String, family: Int, model: Int, stepping: Int) {
    self.vendor = vendor
    self.family = family
    self.model = model
    self.stepping = stepping
  }

  package var description: String { "\(vendor) family \(family) model \(model) stepping \(stepping)" }
}
