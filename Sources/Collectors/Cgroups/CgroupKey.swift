// A conformance is as public as its type and its protocol.
public import BPFPrograms

/// Control groups as keys of dictionaries.
extension CgroupKey: @retroactive Hashable {
  public static func == (left: Self, right: Self) -> Bool { left.id == right.id && left.hierarchy == right.hierarchy }

  public func hash(into hasher: inout Hasher) {
    hasher.combine(id)
    hasher.combine(hierarchy)
  }
}
