# SPDX-License-Identifier: Apache-2.0
"""Debian's cloud kernels, by series: found through apt with a state of its own, and kept in a cache.

Nothing is installed, and nothing is written outside the cache: WATTPROBE_VM_CACHE, or a folder of the user's.
"""
import dataclasses
import functools
import os
import pathlib
import re
import shutil
import subprocess
import time

CACHE = pathlib.Path(
    os.environ.get("WATTPROBE_VM_CACHE")
    or pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "wattprobe-vm")
ARCHIVES = [("debian-security", suite) for suite in ("bullseye-security", "bookworm-security", "trixie-security")] + [
    ("debian", suite) for suite in ("trixie-backports", "sid", "experimental")]
KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
# What guests load; what these need comes along.
MODULES = [
    "brd", "dm_mod", "intel_rapl_common", "iosf_mbi", "loop", "rapl", "sch_tbf", "veth", "virtio_blk", "virtio_pci"]
LIST_AGE = 24 * 3600


class Unavailable(Exception):
    """A kernel that cannot be had: its tests are skipped."""


@dataclasses.dataclass
class Kernel:
    series: str  # as it was asked for, "6.1"
    release: str  # as uname -r says, "6.1.0-56-cloud-amd64"
    version: str  # of the package, "6.1.192-2"
    folder: pathlib.Path

    @property
    def image(self):
        return self.folder / "vmlinuz"

    def modules(self):
        return {path.stem: path for path in sorted(self.folder.glob("modules/*.ko"))}


def apt(*arguments, **options):
    environment = dict(os.environ, APT_CONFIG=str(CACHE / "apt/apt.conf"), LC_ALL="C")
    return subprocess.run(
        arguments, env=environment, check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    ).stdout


def mirror():
    lines = subprocess.run(
        ["apt-get", "indextargets", "--format", "$(REPO_URI)"], text=True, stdout=subprocess.PIPE, check=True).stdout
    for line in lines.split():
        if found := re.fullmatch(r"(.*)/debian/?", line):
            return found[1]
    raise Unavailable("no Debian archive among apt's sources: run apt-get update once")


@functools.cache
def update():
    """Fetches the lists, at most once a day. Lists that cannot be had leave out what only they name."""
    root = CACHE / "apt"
    for folder in ("lists/partial", "cache/archives/partial", "parts", "debs"):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "status").touch()
    base = mirror()
    sources = "".join(
        f"deb [arch=amd64 signed-by={KEYRING}] {base}/{archive} {suite} main\n" for archive, suite in ARCHIVES)
    stamp = root / "updated"
    is_known = (root / "sources.list").exists() and (root / "sources.list").read_text() == sources
    (root / "sources.list").write_text(sources)
    (root / "apt.conf").write_text(f"""
Dir::Etc::sourcelist "{root}/sources.list"; Dir::Etc::sourceparts "{root}/parts";
Dir::Etc::preferencesparts "{root}/parts"; Dir::State::lists "{root}/lists"; Dir::State::status "{root}/status";
Dir::Cache "{root}/cache"; Acquire::Languages "none"; Acquire::Check-Valid-Until "false"; APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke; #clear APT::Update::Post-Invoke-Success;
""")
    if is_known and stamp.exists() and time.time() - stamp.stat().st_mtime < LIST_AGE:
        return
    try:
        apt("apt-get", "-qq", "update", timeout=300)
        stamp.touch()
    except (subprocess.SubprocessError, OSError) as error:
        print(f"lists of kernels: {getattr(error, 'stderr', None) or error}", flush=True)


def natural(text):
    return [int(part) if part.isdigit() else part for part in re.split(r"(\d+)", text)]


def host_release():
    try:
        return pathlib.Path("/etc/debian_version").read_text().split(".")[0]
    except OSError:
        return ""


@functools.cache
def newest():
    """The newest series that a metapackage stands for, such as "7.3"."""
    update()
    found = set()
    for line in apt("apt-cache", "madison", "linux-image-cloud-amd64").splitlines():
        if version := re.match(r"\s*(\d+\.\d+)[.-]", line.split("|")[1]):
            found.add(version[1])
    if not found:
        raise Unavailable("no list names a kernel")
    return max(found, key=natural)


def releases(series):
    """Names of a series' kernels, best first: of this machine's Debian, whose compiler suits its headers, the newest."""
    update()
    names = apt("apt-cache", "pkgnames", f"linux-image-{series}.").split()
    pattern = re.compile(
        rf"linux-image-({re.escape(series)}\.\d+(?:-\d+|\+deb\d+(?:\.\d+)?)-cloud-amd64)")
    found = [match[1] for match in map(pattern.fullmatch, names) if match]
    return sorted(found, key=lambda name: (f"+deb{host_release()}-" in name, natural(name)), reverse=True)


def download(package, folder):
    """Unpacks a package into a folder."""
    update()
    debs = CACHE / "apt/debs"
    for old in debs.glob(f"{package}_*.deb"):
        old.unlink()
    try:
        apt("apt-get", "-qq", "download", package, cwd=debs, timeout=600)
    except (subprocess.SubprocessError, OSError) as error:
        raise Unavailable(f"{package}: {(getattr(error, 'stderr', None) or str(error)).strip()}") from error
    deb = next(debs.glob(f"{package}_*.deb"))
    version = subprocess.run(
        ["dpkg-deb", "-f", deb, "Version"], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    subprocess.run(["dpkg-deb", "-x", deb, folder], check=True)
    deb.unlink()
    return version


def is_package(name):
    return name in apt("apt-cache", "pkgnames", name).split()


def unpack_modules(tree, target):
    """Those that guests load with what they need, unpacked; a module that is not there is built in, or not there."""
    files = {}
    for path in tree.rglob("*.ko*"):
        files[path.name.split(".")[0].replace("-", "_")] = path
    target.mkdir(exist_ok=True)
    wanted, done = list(MODULES), set()
    while wanted:
        name = wanted.pop().replace("-", "_")
        if name in done or name not in files:
            continue
        done.add(name)
        module = target / f"{name}.ko"
        with module.open("wb") as output:
            how = {".xz": ["xz", "-dc"], ".zst": ["zstd", "-dc"]}.get(files[name].suffix, ["cat"])
            subprocess.run([*how, files[name]], check=True, stdout=output)
        needs = subprocess.run(
            ["/sbin/modinfo", "-F", "depends", module], check=True, text=True, stdout=subprocess.PIPE).stdout
        wanted += [need for need in needs.strip().split(",") if need]
    (target / "list").write_text(" ".join(MODULES))


def is_complete(folder):
    """Whether it has a kernel, and was asked for the modules that are wanted now."""
    listed = folder / "modules/list"
    return (folder / "version").exists() and listed.exists() and listed.read_text().split() == MODULES


def cached(series):
    """The kernels of a series that are in the cache, the newest first."""
    folders = [path.parent for path in (CACHE / "kernels").glob(f"{series}.*/version")]
    return sorted(folders, key=lambda path: natural(path.name), reverse=True)


def fetch(series):
    """The kernel of a series; from the cache where the lists name none."""
    try:
        found = releases(series)
    except (subprocess.SubprocessError, OSError):
        found = []
    if not found:
        if kept := cached(series):
            return Kernel(series, kept[0].name, (kept[0] / "version").read_text(), kept[0])
        raise Unavailable(f"no list names a kernel {series}")
    release = found[0]
    folder = CACHE / "kernels" / release
    if not is_complete(folder):
        tree = folder / "tree"
        shutil.rmtree(tree, ignore_errors=True)
        tree.mkdir(parents=True)
        split = is_package(f"linux-binary-{release}")
        try:
            names = [f"linux-binary-{release}", f"linux-modules-{release}"] if split else [f"linux-image-{release}"]
            versions = [download(name, tree) for name in names if name == names[0] or is_package(name)]
        except Unavailable:
            shutil.rmtree(tree)
            if kept := cached(series):
                return Kernel(series, kept[0].name, (kept[0] / "version").read_text(), kept[0])
            raise
        shutil.copy(next(path for path in tree.rglob("vmlinuz*") if path.is_file()), folder / "vmlinuz")
        unpack_modules(tree, folder / "modules")
        shutil.rmtree(tree)
        (folder / "version").write_text(versions[0])
    return Kernel(series, release, (folder / "version").read_text(), folder)


if __name__ == "__main__":
    import sys

    for name in sys.argv[1:] or [newest()]:
        print(fetch(name), *fetch(name).modules())
