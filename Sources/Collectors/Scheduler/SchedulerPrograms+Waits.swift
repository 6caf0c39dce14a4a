internal import BPF
internal import BPFPrograms

/// Waits for a CPU by control group.
extension SchedulerPrograms {
  /// Keeps waits of this control group apart from now on; its series goes on from that of `twin`.
  func watch(_ group: CgroupKey, continuing twin: CgroupKey?) {
    do throws(BPFError) {
      guard try cgroupWaits?.create(group) != nil else { return }
      groupWaits.admit(group, continuing: twin)
    } catch {
      unwatched += 1
    }
  }

  /// Keeps them apart no longer.
  func unwatch(_ group: CgroupKey) {
    groupWaits.evict(group, (cgroupWaits?.take(group) ?? nil) ?? CgroupWaits())
  }

  /// The control group is gone.
  func forget(_ group: CgroupKey) { groupWaits.forget(group) }

  /// What a scrape is about to show: the waits of each control group that is watched, and those of all others under the key
  /// 0. Nil where they are not kept or cannot be read.
  func showCgroupWaits() -> [CgroupKey: CgroupWaits]? {
    var held: [CgroupKey: CgroupWaits] = [:]
    guard cgroupWaits?.forEach({ held[$0] = $1 }) == true else { return nil }
    for (group, waits) in held { held[group] = groupWaits.show(group, waits) }
    return held
  }
}
