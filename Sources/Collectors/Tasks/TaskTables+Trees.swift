internal import BPFPrograms
internal import Energy

/// Trees of processes, which take the place of control groups in the tables.
extension TaskTables {
  /// Follows the energy of tree `tree`; to be called once a pass has seen it.
  mutating func follow(tree: Int) {
    guard let leaf = leaf(ofTree: tree) else { return }
    energy?.follow(leaf)
  }

  /// Microjoules of a tree by zone since it is followed; nil where it is not.
  mutating func energy(ofTree tree: Int) -> [EnergyLabels: UInt64]? {
    leaf(ofTree: tree).flatMap { energy?.followed[$0] }
  }

  private mutating func leaf(ofTree tree: Int) -> Int? {
    groups?.place(of: CgroupKey(tree: tree)).flatMap { energy?.leaf(ofGroup: $0) }
  }
}

extension CgroupKey {
  /// What tree.h's numbers are to process.bpf.c.
  init(tree: Int) { self.init(id: UInt64(tree) + 1, hierarchy: HIERARCHY_TREES.rawValue, unused: 0) }
}
