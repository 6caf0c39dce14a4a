internal import ByteText

/// The forms that the names of control groups take, one folder at a time.
extension ContainerIdentity {
  /// `docker-<id>.scope`, and without `.scope` where systemd has no part in it.
  ///
  /// Monitors (`crio-conmon-<id>.scope`) have more between prefix and id, hence are none.
  static func prefixed(_ name: Substring) -> (id: String, runtime: Runtime?)? {
    let stem = name.ends(with: ".scope") ? name.dropLast(".scope".count) : name
    guard let dash = stem.lastIndex(of: "-") else { return nil }
    let id = stem[stem.index(after: dash)...]
    guard let runtime = runtime(prefix: stem[..<dash]), isID(id) else { return nil }
    return (String(id), runtime)
  }

  /// An id alone: Docker's and podman's own and Kubernetes' without systemd, below whatever parent they were told
  /// (`--cgroup-parent`). On Fargate: `/ecs/<task>/<task>-<number>`.
  static func bare(_ name: Substring, parent: Substring, first: Substring) -> (id: String, runtime: Runtime?)? {
    if isID(name) {
      switch parent {
      // what the virtual machine of a Kata container costs besides
      case "kata_overhead": return nil
      case "docker", "moby": return (String(name), .docker)
      case "k8s.io": return (String(name), .containerd)
      case "lxc": return (String(name), .lxc)
      default: return (String(name), nil)
      }
    }
    if first == "ecs", parent.count == 32, name.begins(with: parent + "-") {
      let number = name.dropFirst(33)
      guard isHex(parent), (1...20).contains(number.count), number.utf8.allSatisfy(isDigit) else { return nil }
      return (String(name), nil)
    }
    return nil
  }

  /// LXC's `lxc.payload.<name>`, before 4.0 `lxc.payload/<name>` and `lxc/<name>`, and what systemd-machined knows as a
  /// container: `machine.slice/machine-<name>.scope`, `machine.slice/systemd-nspawn@<name>.service`.
  static func machine(_ name: Substring, parent: Substring, isTop: Bool) -> (id: String, runtime: Runtime?)? {
    if name.begins(with: "lxc.payload.") { return named(name.dropFirst("lxc.payload.".count), .lxc) }
    if isTop, parent == "lxc" || parent == "lxc.payload" { return named(name, .lxc) }
    guard parent == "machine.slice" else { return nil }
    if name.begins(with: "systemd-nspawn@"), name.ends(with: ".service") {
      return named(name.dropFirst("systemd-nspawn@".count).dropLast(".service".count), .nspawn)
    }
    guard name.begins(with: "machine-"), name.ends(with: ".scope"),
      let machine = named(name.dropFirst("machine-".count).dropLast(".scope".count), .nspawn)
    else { return nil }
    // libvirt's: virtual machines are no containers, its LXC ones are not nspawn's
    if machine.id.begins(with: "qemu-") { return nil }
    return machine.id.begins(with: "lxc-") ? (machine.id, .lxc) : machine
  }

  /// `kubepods-burstable-pod<uid>.slice`, with anything before `kubepods` (`kubelet-` where the kubelet has a root of
  /// its own) and `_` for the dashes of the UID, which to systemd would be parents.
  static func podUID(slice name: Substring) -> String? {
    guard name.ends(with: ".slice") else { return nil }
    let parts = name.dropLast(".slice".count).split(at: "-", omittingEmptySubsequences: false)
    guard let last = parts.last, last.begins(with: "pod"), parts.dropLast().contains("kubepods") else { return nil }
    return uid(last.dropFirst("pod".count), separator: UInt8(ascii: "_"))
  }

  /// `pod<uid>` somewhere below `kubepods`.
  static func podUID(folder name: Substring, after ancestors: ArraySlice<Substring>) -> String? {
    guard name.begins(with: "pod"), ancestors.contains(where: { $0 == "kubepods" || $0.ends(with: "-kubepods") }) else {
      return nil
    }
    return uid(name.dropFirst("pod".count), separator: UInt8(ascii: "-"))
  }

  static func runtime(prefix: Substring) -> Runtime? {
    switch prefix {
    case "docker": .docker
    case "cri-containerd", "nerdctl": .containerd
    case "crio": .crio
    case "libpod", "libpod-payload": .podman
    default: nil
    }
  }

  /// 64 lower-case hexadecimal digits, as every runtime of the Open Container Initiative's line writes its ids.
  static func isID(_ text: Substring) -> Bool { text.utf8.count == 64 && isHex(text) }

  // A UUID, or the 32 digits (an MD5) of a pod from a file.
  private static func uid(_ text: Substring, separator: UInt8) -> String? {
    if text.utf8.count == 32 { return isHex(text) ? String(text) : nil }
    guard text.utf8.count == 36 else { return nil }
    var uid: [UInt8] = []
    for (index, byte) in text.utf8.enumerated() {
      let isSeparator = index == 8 || index == 13 || index == 18 || index == 23
      guard isSeparator ? byte == separator : isHexDigit(byte) else { return nil }
      uid.append(isSeparator ? UInt8(ascii: "-") : byte)
    }
    return String(decoding: uid, as: UTF8.self)
  }

  // Machine names are host names (machine_name_is_valid in systemd, also LXC's and libvirt's in practice), in which
  // systemd writes a dash as `\x2d`.
  private static func named(_ escaped: Substring, _ runtime: Runtime) -> (id: String, runtime: Runtime?)? {
    let parts = escaped.split(at: "\\", omittingEmptySubsequences: false)
    guard parts.dropFirst().allSatisfy({ $0.begins(with: "x2d") }) else { return nil }
    let name = parts[0] + parts.dropFirst().map { "-" + $0.dropFirst("x2d".count) }.joined()
    let marks = [UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: ".")]
    guard (1...64).contains(name.utf8.count),
      name.utf8.allSatisfy({ isDigit($0) || isLetter($0) || marks.contains($0) })
    else { return nil }
    return (String(name), runtime)
  }

  private static func isHex(_ text: Substring) -> Bool { text.utf8.allSatisfy(isHexDigit) }
  private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
  private static func isHexDigit(_ byte: UInt8) -> Bool {
    isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
  }
  private static func isLetter(_ byte: UInt8) -> Bool {
    (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte | 0x20)
  }
}
