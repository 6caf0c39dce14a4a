# SPDX-License-Identifier: Apache-2.0
"""A guest: what it starts with, how QEMU runs it, and what comes back."""
import dataclasses
import io
import os
import pathlib
import re
import shlex
import shutil
import subprocess
import tarfile
import tempfile

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
# A kernel that has nothing to say on the serial console starts in 4 to 7 s.
COMMAND_LINE = (
    "console=ttyS0 panic=-1 oops=panic quiet mitigations=off nokaslr no_timer_check tsc=reliable random.trust_cpu=on")
END = "guest: end after"


@dataclasses.dataclass(frozen=True)
class Boot:
    """A way to start a guest, and the script that runs in it. Tests that name the same boot share one guest."""

    name: str
    script: str
    smp: str = "2"
    memory: str = "1G"
    command_line: str = ""
    modules: tuple = ("virtio_pci", "virtio_blk")
    cgroups: str = "v2"
    cpu: str = "Skylake-Server"
    qemu: tuple = ()
    timeout: int = 300
    # None: on all kernels. Otherwise those that this says yes to, by their series.
    kernels: object = None
    settings: tuple = ()  # variables of the script, "NAME=value"
    needs: tuple = ()  # modules without which there is nothing to test


# A machine of no particular kind, with all loads.
PLAIN = Boot("plain", "collectors.sh")


def first_existing(*paths):
    for path in paths:
        if path.exists():
            return path
    raise SystemExit(f"none of these is there: {' '.join(str(path) for path in paths)}")


def executable():
    """The release executable, or the debug one where no release was built, or what WATTPROBE names."""
    if named := os.environ.get("WATTPROBE"):
        return pathlib.Path(named)
    return first_existing(ROOT / ".build/release/wattprobe", ROOT / ".build/debug/wattprobe")


def libraries(binary):
    text = subprocess.run(["ldd", binary], text=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    return sorted(set(re.findall(r"(/[^\s()]+)", text)))


def archive(folder, target):
    """Packs a folder as an initramfs, uncompressed: a guest takes longer to unpack one than to read it."""
    names = subprocess.run(["find", ".", "-print0"], cwd=folder, check=True, stdout=subprocess.PIPE).stdout
    with open(target, "wb") as output:
        subprocess.run(
            ["cpio", "--null", "-o", "-H", "newc", "--quiet", "-R", "0:0"], cwd=folder, input=names, stdout=output,
            check=True)


def base_archive(target):
    """What all guests start with."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        root.chmod(0o755)
        for folder in "bin sbin lib lib64 proc sys dev tmp etc run usr/bin usr/sbin var/tmp root scripts".split():
            (root / folder).mkdir(parents=True)
        (root / "var/tmp").chmod(0o1777)
        (root / "tmp").chmod(0o1777)
        busybox = pathlib.Path(shutil.which("busybox") or "/bin/busybox")
        shutil.copy(busybox, root / "bin/busybox")
        for applet in subprocess.run([busybox, "--list"], check=True, text=True, stdout=subprocess.PIPE).stdout.split():
            if applet != "busybox":
                (root / "bin" / applet).symlink_to("busybox")
        wattprobe, loads = executable(), first_existing(ROOT / ".build/debug/loads", ROOT / ".build/release/loads")
        tools = [pathlib.Path("/usr/bin") / name for name in ("setpriv", "unshare", "nsenter")]
        # what is tested with these is skipped without them
        tools += [pathlib.Path(path) for path in map(shutil.which, ("tc", "dmsetup")) if path]
        for binary in (wattprobe, loads, *tools):
            subprocess.run(["strip", "-o", root / "usr/bin" / binary.name, binary], check=True)
            (root / "usr/bin" / binary.name).chmod(0o755)
            (root / "bin" / binary.name).unlink(missing_ok=True)
            for library in libraries(binary):
                place = root / library[1:]
                place.parent.mkdir(parents=True, exist_ok=True)
                if not place.exists():
                    shutil.copy(library, place)
        (root / "etc/passwd").write_text("root:x:0:0::/root:/bin/sh\nprobe:x:1000:1000::/:/bin/sh\n")
        (root / "etc/group").write_text("root:x:0:\nprobe:x:1000:\n")
        for script in (HERE / "guest").iterdir():
            place = root if script.name in ("init", "lib.sh") else root / "scripts"
            shutil.copy(script, place / script.name)
        (root / "init").chmod(0o755)
        archive(root, target)


def own_archive(kernel, boot, target):
    """What one guest has besides: its kernel's modules and its settings."""
    with tempfile.TemporaryDirectory() as name:
        root = pathlib.Path(name)
        root.chmod(0o755)
        (root / "modules").mkdir()
        needs = []
        for module, path in kernel.modules().items():
            shutil.copy(path, root / "modules" / path.name)
            depends = subprocess.run(
                ["/sbin/modinfo", "-F", "depends", path], text=True, check=True, stdout=subprocess.PIPE).stdout
            needs.append(f"{module}: {' '.join(depends.strip().split(','))}\n")
        (root / "modules/needs").write_text("".join(needs))
        (root / "boot.conf").write_text(
            f"MODULES='{' '.join(boot.modules)}'\nSCRIPT={shlex.quote(boot.script)}\nCGROUPS={boot.cgroups}\n"
            + "".join(f"{setting}\n" for setting in boot.settings))
        archive(root, target)


def command(kernel, boot, initrd, disk, console, results):
    return [
        "setpriv", "--pdeathsig", "KILL", os.environ.get("QEMU", "qemu-system-x86_64"),
        "-M", "pc", "-accel", "tcg,thread=single", "-cpu", boot.cpu,
        "-smp", boot.smp, "-m", boot.memory, "-nodefaults", "-no-user-config", "-display", "none", "-monitor", "none",
        "-no-reboot", "-serial", console, "-serial", results, "-drive", f"file={disk},if=none,id=disk,format=raw",
        "-device", "virtio-blk-pci,drive=disk", *boot.qemu, "-kernel", str(kernel.image), "-initrd", str(initrd),
        "-append", f"{COMMAND_LINE} {boot.command_line}"]


def prepare(kernel, boot, base, folder):
    own = folder / "own.cpio"
    own_archive(kernel, boot, own)
    initrd = folder / "initrd"
    with initrd.open("wb") as output:
        for part in (base, own):
            data = part.read_bytes()
            output.write(data + b"\0" * (-len(data) % 512))
    disk = folder / "disk"
    with disk.open("wb") as output:
        output.truncate(64 << 20)
    return initrd, disk


def unpack(tar, folder):
    """Plain files only, whatever a guest has packed."""
    for member in tar:
        place = (folder / member.name).resolve()
        if member.isfile() and folder.resolve() in place.parents:
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(tar.extractfile(member).read())


def run(kernel, boot, base, folder):
    """Runs a guest to its end, or for as long as it may. Returns what it left, unpacked, and why that may be nothing."""
    folder.mkdir(parents=True, exist_ok=True)
    initrd, disk = prepare(kernel, boot, base, folder)
    console, results = folder / "console.log", folder / "results.tar.gz"
    fault = None
    with open(folder / "qemu.log", "wb") as errors:
        try:
            subprocess.run(
                command(kernel, boot, initrd, disk, f"file:{console}", f"file:{results}"), stdin=subprocess.DEVNULL,
                stdout=errors, stderr=errors, timeout=boot.timeout)
        except subprocess.TimeoutExpired:
            fault = f"the guest did not end within {boot.timeout} s"
    initrd.unlink()
    disk.unlink()
    out = folder / "out"
    out.mkdir(exist_ok=True)
    try:
        with tarfile.open(fileobj=io.BytesIO(results.read_bytes()), mode="r:gz") as tar:
            unpack(tar, out)
    except (OSError, EOFError, tarfile.TarError) as error:
        fault = fault or f"the guest left no results: {error}"
    text = console.read_text(errors="replace") if console.exists() else ""
    if END not in text:
        fault = fault or "the guest did not reach its end"
    return out, text, fault


def shell(kernel, boot, base):
    """A shell in a guest as a scene has it, on this terminal."""
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        initrd, disk = prepare(kernel, dataclasses.replace(boot, script="shell"), base, folder)
        subprocess.run(command(kernel, boot, initrd, disk, "mon:stdio", "null"))
