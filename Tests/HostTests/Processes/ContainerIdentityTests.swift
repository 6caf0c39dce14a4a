import Testing

@testable import Host

@Suite struct ContainerIdentityTests {
  static let id = "4f2d0c9b8a7e6f5d4c3b2a1908f7e6d5c4b3a29180f7e6d5c4b3a2918070605f"
  static let inner = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"
  static let uid = "1b1a7a5c-2f0e-4d9b-9a51-0c9a1f3c7e11"
  static let escaped = "1b1a7a5c_2f0e_4d9b_9a51_0c9a1f3c7e11"
  static let md5 = "8d8a1bd6dfb15e21e2bf4ab58d0c3a34"

  struct Shape: Sendable, CustomTestStringConvertible {
    let path: String
    var id: String? = nil
    var pod: String? = nil
    var runtime: ContainerIdentity.Runtime? = nil
    var testDescription: String { path.prefix(160).debugDescription }
  }

  static let docker = [
    Shape(path: "/docker/\(id)", id: id, runtime: .docker),
    Shape(path: "docker/\(id)/", id: id, runtime: .docker),
    Shape(path: "/system.slice/docker-\(id).scope", id: id, runtime: .docker),
    Shape(path: "/system.slice/docker-\(id).scope/init.scope", id: id, runtime: .docker),
    Shape(path: "/docker/\(id)/system.slice/nginx.service", id: id, runtime: .docker),
    Shape(
      path: "/user.slice/user-1000.slice/user@1000.service/user.slice/docker-\(id).scope", id: id, runtime: .docker),
    // --cgroup-parent
    Shape(path: "/actions_job/\(id)", id: id),
    Shape(path: "/batch.slice/docker-\(id).scope", id: id, runtime: .docker),
    // as seen from another cgroup namespace
    Shape(path: "/../../system.slice/docker-\(id).scope", id: id, runtime: .docker),
    // Docker in Docker, with either driver
    Shape(path: "/docker/\(id)/docker/\(inner)", id: inner, runtime: .docker),
    Shape(path: "/system.slice/docker-\(id).scope/docker/\(inner)", id: inner, runtime: .docker),
    // what runs containers is none
    Shape(path: "/system.slice/docker.service"),
    Shape(path: "/docker"),
    Shape(path: "/docker/buildx"),
  ]

  static let kubernetes = [
    // containerd and systemd: kubeadm, EKS, k3s
    Shape(
      path:
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(escaped).slice/cri-containerd-\(id).scope",
      id: id, pod: uid, runtime: .containerd),
    Shape(
      path: "/kubepods.slice/kubepods-besteffort.slice/kubepods-besteffort-pod\(escaped).slice/docker-\(id).scope",
      id: id, pod: uid, runtime: .docker),
    Shape(
      path: "/kubepods.slice/kubepods-pod\(escaped).slice/cri-containerd-\(id).scope", id: id, pod: uid,
      runtime: .containerd),
    // containerd and Docker with cgroupfs: GKE, older EKS and k3s
    Shape(path: "/kubepods/burstable/pod\(uid)/\(id)", id: id, pod: uid),
    Shape(path: "/kubepods/besteffort/pod\(uid)/\(id)", id: id, pod: uid),
    Shape(path: "/kubepods/pod\(uid)/\(id)", id: id, pod: uid),
    Shape(path: "/k8s.io/\(id)", id: id, runtime: .containerd),
    // static pods
    Shape(path: "/kubepods/burstable/pod\(md5)/\(id)", id: id, pod: md5),
    Shape(
      path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(md5).slice/cri-containerd-\(id).scope",
      id: id, pod: md5, runtime: .containerd),
    // runc without systemd on a path for systemd
    Shape(
      path: "/system.slice/containerd.service/kubepods-burstable-pod\(escaped).slice:cri-containerd:\(id)", id: id,
      pod: uid, runtime: .containerd),
    Shape(
      path: "/kubepods-besteffort-pod\(escaped).slice:cri-containerd:\(id)/sub", id: id, pod: uid,
      runtime: .containerd),
    // cri-o: OpenShift; the container, what crun makes below it, its monitor, and cgroupfs
    Shape(
      path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(escaped).slice/crio-\(id).scope", id: id,
      pod: uid, runtime: .crio),
    Shape(
      path:
        "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(escaped).slice/crio-\(id).scope/container",
      id: id, pod: uid, runtime: .crio),
    Shape(
      path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(escaped).slice/crio-conmon-\(id).scope",
      pod: uid),
    Shape(path: "/kubepods/besteffort/pod\(uid)/crio-\(id)", id: id, pod: uid, runtime: .crio),
    Shape(path: "/kubepods/besteffort/pod\(uid)/crio-conmon-\(id)", pod: uid),
    // the pod itself
    Shape(path: "/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod\(escaped).slice", pod: uid),
    Shape(path: "/kubepods/pod\(uid)", pod: uid),
    // Kubernetes in Docker
    Shape(
      path: "/system.slice/docker-\(id).scope/kubelet.slice/kubelet-kubepods.slice/kubelet-kubepods-besteffort.slice"
        + "/kubelet-kubepods-besteffort-pod\(escaped).slice/cri-containerd-\(inner).scope", id: inner, pod: uid,
      runtime: .containerd),
    Shape(path: "/docker/\(id)/kubelet/kubepods/burstable/pod\(uid)/\(inner)", id: inner, pod: uid),
    Shape(path: "/docker/\(id)/kubepods/burstable/pod\(uid)", pod: uid),
    Shape(path: "/docker/\(id)/system.slice/kubelet.service", id: id, runtime: .docker),
    // Docker in a pod
    Shape(path: "/kubepods/burstable/pod\(uid)/\(id)/docker/\(inner)", id: inner, pod: uid, runtime: .docker),
    // k3s without root
    Shape(
      path: "/user.slice/user-1000.slice/user@1000.service/k3s-rootless.service/kubepods/besteffort/pod\(uid)/\(id)",
      id: id, pod: uid),
    Shape(path: "/kubepods.slice"), Shape(path: "/kubepods/burstable"),
    Shape(path: "/kubepods.slice/kubepods-burstable.slice"), Shape(path: "/system.slice/kubelet.service"),
    Shape(path: "/system.slice/k3s.service"), Shape(path: "/podruntime.slice/kubelet.service"),
  ]

  static let others = [
    Shape(path: "/machine.slice/libpod-\(id).scope", id: id, runtime: .podman),
    Shape(path: "/machine.slice/libpod-\(id).scope/container", id: id, runtime: .podman),
    Shape(
      path: "/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-\(id).scope/container", id: id,
      runtime: .podman),
    Shape(
      path: "/machine.slice/machine-libpod_pod_\(inner).slice/libpod-\(id).scope", id: id, runtime: .podman),
    Shape(path: "/system.slice/web.service/libpod-payload-\(id)", id: id, runtime: .podman),
    Shape(path: "/libpod_parent/libpod-\(id)", id: id, runtime: .podman),
    Shape(path: "/machine.slice/libpod-conmon-\(id).scope"),
    Shape(path: "/user.slice/user-1000.slice/user@1000.service/user.slice/podman-2345.scope"),
    Shape(path: "/system.slice/nerdctl-\(id).scope", id: id, runtime: .containerd),
    Shape(path: "/lxc.payload.web01", id: "web01", runtime: .lxc),
    Shape(path: "/lxc.payload.web01/system.slice/nginx.service", id: "web01", runtime: .lxc),
    Shape(path: "/lxc.payload/web01", id: "web01", runtime: .lxc),
    Shape(path: "/lxc/101/ns/init.scope", id: "101", runtime: .lxc),
    Shape(path: "/lxc.payload.web01/docker/\(id)", id: id, runtime: .docker),
    Shape(path: "/lxc.monitor.web01"), Shape(path: "/lxc.monitor/web01"), Shape(path: "/lxc.pivot"),
    Shape(path: "/machine.slice/machine-debian.scope", id: "debian", runtime: .nspawn),
    Shape(path: #"/machine.slice/machine-my\x2dbox.scope/init.scope"#, id: "my-box", runtime: .nspawn),
    Shape(path: "/machine.slice/systemd-nspawn@debian.service/payload/init.scope", id: "debian", runtime: .nspawn),
    Shape(path: "/machine.slice/systemd-nspawn@debian.service/supervisor"),
    Shape(path: #"/machine.slice/machine-lxc\x2d234\x2dbox.scope"#, id: "lxc-234-box", runtime: .lxc),
    Shape(path: #"/machine.slice/machine-qemu\x2d1\x2dvm.scope"#),
    Shape(path: "/ecs/\(md5)/\(id)", id: id),
    Shape(path: "/ecs/\(md5)/\(md5)-3841432471", id: "\(md5)-3841432471"),
    Shape(path: "/ecstasks.slice/ecstasks-\(md5).slice/docker-\(id).scope", id: id, runtime: .docker),
    Shape(path: "/kata_overhead/\(id)"),
    Shape(path: "/"), Shape(path: ""), Shape(path: "/init.scope"),
    Shape(path: "/user.slice/user-0.slice/session-3.scope"),
    Shape(path: "/system.slice/ssh.service"), Shape(path: #"/system.slice/system-getty.slice/getty@tty1.service"#),
    Shape(path: "/system.slice/containerd.service"),
  ]

  // Units of systemd that carry an id, and names that come near a container's.
  static let hostile = [
    Shape(path: "/system.slice/\(id).service"), Shape(path: "/system.slice/\(id)-1f2e.service"),
    Shape(path: "/system.slice/var-lib-docker-overlay2-\(id)-merged.mount"),
    Shape(path: "/system.slice/docker-\(id).service"), Shape(path: "/system.slice/docker-\(id).scope.scope"),
    Shape(path: "/system.slice/docker-\(id)0.scope"), Shape(path: "/system.slice/docker-\(id.dropLast()).scope"),
    Shape(path: "/system.slice/docker-\(id.uppercased()).scope"), Shape(path: "/docker/\(id.uppercased())"),
    Shape(path: "/docker/" + String(repeating: "g", count: 64)),
    Shape(path: "/docker/" + String(repeating: "é", count: 32)),
    Shape(path: "/docker/" + String(repeating: "٣", count: 64)), Shape(path: "/docker/\(id)\0"),
    Shape(path: "/docker/ \(id.dropLast())"), Shape(path: "/xdocker-\(id).scope"), Shape(path: "/docker--\(id).scope"),
    Shape(path: "/-\(id).scope"), Shape(path: "/docker-.scope"), Shape(path: "/.scope"), Shape(path: "/:::"),
    Shape(path: "/a:cri-containerd:b"), Shape(path: "/x.slice:evil:\(id)"), Shape(path: "/a:b:docker:\(id)"),
    Shape(path: "/pod\(uid)"), Shape(path: "/home/pod\(uid)/x"), Shape(path: "/kubepods/pod"),
    Shape(path: "/kubepods/pod/x"),
    Shape(path: "/kubepods/pod\(escaped)"), Shape(path: "/kubepods/pod\(uid)x"),
    Shape(path: "/kubepods/pod\(uid.dropLast())"),
    Shape(path: "/x-pod\(escaped).slice"), Shape(path: "/kubepods-burstable-pod\(uid).slice"),
    Shape(path: "/kubepods-pod.slice"), Shape(path: "/kubepods-podXYZ.slice"), Shape(path: "/-pod.slice"),
    Shape(path: "/lxc.payload."), Shape(path: "/lxc.payload.a\nb"),
    Shape(path: "/lxc.payload." + String(repeating: "a", count: 65)),
    Shape(path: "/x/lxc/y"), Shape(path: "/machine.slice/machine-.scope"),
    Shape(path: #"/machine.slice/machine-a\x2fb.scope"#),
    Shape(path: "/machine-debian.scope"), Shape(path: "/machine.slice/systemd-nspawn@.service"),
    Shape(path: "/ecs/\(md5)/\(md5)-"), Shape(path: "/ecs/\(md5)/\(md5)-12x"), Shape(path: "/x/\(md5)/\(md5)-12"),
    Shape(path: "/ecs/\(md5)/\(md5)"), Shape(path: "/" + String(repeating: "a", count: 5000) + "/docker/\(id)"),
    Shape(path: String(repeating: "/docker", count: 500)),
    Shape(path: "/docker/" + String(repeating: "a", count: 100_000)),
  ]

  @Test(arguments: docker + kubernetes + others + hostile)
  func pathShowsWhatItBelongsTo(shape: Shape) {
    let identity = ContainerIdentity(controlGroup: shape.path)
    #expect(identity?.containerID == shape.id)
    #expect(identity?.podUID == shape.pod)
    #expect(identity?.runtime == shape.runtime)
    #expect((identity == nil) == (shape.id == nil && shape.pod == nil))
  }

  @Test func noOtherCharacterPassesInAnID() {
    for byte in UInt8(1)...127 where !"0123456789abcdef".utf8.contains(byte) {
      for position in [0, 31, 63] {
        var bytes = Array(Self.id.utf8)
        bytes[position] = byte
        let id = String(decoding: bytes, as: UTF8.self)
        #expect(ContainerIdentity(controlGroup: "/docker/\(id)") == nil)
        #expect(ContainerIdentity(controlGroup: "/system.slice/docker-\(id).scope") == nil)
      }
    }
  }

  @Test func everyMisplacedDashOfAUIDIsSeen() {
    for position in 0..<36 {
      var bytes = Array(Self.uid.utf8)
      bytes[position] = bytes[position] == UInt8(ascii: "-") ? UInt8(ascii: "0") : UInt8(ascii: "-")
      let uid = String(decoding: bytes, as: UTF8.self)
      #expect(ContainerIdentity(controlGroup: "/kubepods/pod\(uid)") == nil)
    }
  }

  /// A container may call the groups below its own whatever it likes.
  @Test(arguments: ["\u{301}x", "\u{FE0F}", "\u{200D}y", "a\r"]) func groupsBelowAContainerBelongToIt(name: String) {
    let id = String(repeating: "b8", count: 32)
    #expect(ContainerIdentity(controlGroup: "/docker-\(id).scope/\(name)")?.containerID == id)
    #expect(ContainerIdentity(controlGroup: "/\(name)/docker/\(id)/\(name)")?.containerID == id)
  }
}
