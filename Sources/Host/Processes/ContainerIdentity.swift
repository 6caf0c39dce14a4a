internal import ByteText

/// Which container and which Kubernetes pod a control group belongs to, as far as its path shows them.
///
/// Nothing but the path is asked, so a name is worth what made it: who may create control groups, root in a container or
/// a user with a delegated slice, may name one like another container's. Keep the path beside these as a label, so that
/// such a name never adds up with the real one.
package struct ContainerIdentity: Sendable, Hashable {
  /// What made the control group, where its name tells.
  package enum Runtime: String, Sendable, Hashable, CaseIterable {
    case docker, containerd, podman, lxc
    case crio = "cri-o"
    case nspawn = "systemd-nspawn"
  }

  /// The container's id: 64 hexadecimal digits; on Fargate 32, a dash and decimal ones; the name with LXC and
  /// systemd-nspawn. Nil for what a pod has outside its containers.
  package let containerID: String?
  /// The pod's UID with dashes, as the Kubernetes API shows it; 32 hexadecimal digits for static pods.
  package let podUID: String?
  package let runtime: Runtime?

  /// The identity in a path such as `ControlGroups.mostTelling` gives; nil where it shows neither container nor pod.
  ///
  /// Containers nest (Docker in Docker, Kubernetes in Docker): the innermost is meant, since that is what runs there. A
  /// container inside one of a pod keeps the pod; a pod inside a container ends that container. Groups that a container
  /// makes below its own (`init.scope`, `/container`) belong to it.
  package init?(controlGroup path: String) {
    // No path of the kernel is longer; what is, says nothing.
    guard path.utf8.count <= 4096 else { return nil }
    // by bytes: to Characters a combining mark behind it swallows the separator
    let parts = path.utf8.split(separator: UInt8(ascii: "/")).map { Substring($0) }
    var container: (id: String, runtime: Runtime?)?
    var pod: String?
    for (index, part) in parts.enumerated() {
      let parent = index > 0 ? parts[index - 1] : ""
      // runc without systemd, given a path for systemd, takes it for a name: `slice:prefix:id`
      let triple = part.split(at: ":", omittingEmptySubsequences: false)
      if triple.count == 3 {
        if let uid = Self.podUID(slice: triple[0]) { (pod, container) = (uid, nil) }
        if let runtime = Self.runtime(prefix: triple[1]), Self.isID(triple[2]) {
          container = (String(triple[2]), runtime)
        }
      } else if let uid = Self.podUID(slice: part) ?? Self.podUID(folder: part, after: parts[..<index]) {
        (pod, container) = (uid, nil)
      } else if let found = Self.prefixed(part) ?? Self.bare(part, parent: parent, first: parts[0]) {
        container = found
      } else if let found = Self.machine(part, parent: parent, isTop: index == 1),
        // nspawn itself, beside what it runs
        !(index + 1 < parts.count && found.runtime == .nspawn && parts[index + 1] == "supervisor")
      {
        container = found
      }
    }
    guard container != nil || pod != nil else { return nil }
    containerID = container?.id
    runtime = container?.runtime
    podUID = pod
  }
}
