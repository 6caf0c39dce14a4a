# SPDX-License-Identifier: Apache-2.0
"""The simulated RAPL drivers, built against a kernel's own headers, once for each kernel and each state of the source."""
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

import kernels

SOURCES = pathlib.Path(__file__).resolve().parent / "modules"
# Of kernels that are newer than this machine's Debian, the tools need newer libraries than it has.
LIBRARIES = ["libc6", "libelf1t64", "zlib1g", "libzstd1"]
# gcc without what kernels ask of newer ones, and a module need not have.
COMPILER = """#!/bin/bash
for argument; do
  case $argument in
    -fmin-function-alignment=*|-fdiagnostics-show-context*|-fstrict-flex-arrays=*|-Wno-error=*) ;;
    *) taken+=("$argument") ;;
  esac
done
exec gcc "${taken[@]}"
"""


def names():
    return sorted(path.name for path in SOURCES.iterdir() if path.is_dir())


def build(kernel):
    """Builds what is not built; a driver that cannot be is reported, and the tests that need it are skipped."""
    for name in names():
        source = b"".join(path.read_bytes() for path in sorted((SOURCES / name).iterdir()))
        stamp = kernel.folder / f"{name}.{hashlib.sha256(source).hexdigest()[:12]}"
        target = kernel.folder / "modules" / f"{name}.ko"
        if stamp.exists() and target.exists():
            continue
        try:
            compile_against(kernel, headers(kernel), name, target)
        except (kernels.Unavailable, subprocess.SubprocessError, OSError) as error:
            text = getattr(error, "stdout", None) or str(error)
            target.unlink(missing_ok=True)
            print(f"{kernel.series}: {name} cannot be built: {text.strip()[-600:]}", flush=True)
            continue
        for old in kernel.folder.glob(f"{name}.*"):
            old.unlink()
        stamp.touch()


def headers(kernel):
    """Unpacks a kernel's headers and tools into the cache; what the packages say of /usr is turned to where they are."""
    folder = kernel.folder / "headers"
    tree = folder / "usr/src" / f"linux-headers-{kernel.release}"
    if (folder / "complete").exists():
        return folder, tree
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    common = kernel.release.removesuffix("-cloud-amd64")
    tools = [f"linux-kbuild-{common}", f"linux-kbuild-{kernel.series}"]
    kbuild = next((name for name in tools if kernels.is_package(name)), None)
    if not kbuild or not kernels.is_package(f"linux-headers-{kernel.release}"):
        raise kernels.Unavailable("no list names its headers")
    for package in (f"linux-headers-{kernel.release}", f"linux-headers-{common}-common", kbuild):
        kernels.download(package, folder)
    for path in [*folder.glob("usr/src/*/Makefile"), *folder.glob("usr/src/*/.kernelvariables")]:
        text = re.sub(r"(?<![\w/])/usr/(src|lib)/linux-", rf"{folder}/usr/\1/linux-", path.read_text())
        path.write_text(re.sub(r"\bgcc-\d+\b", "gcc", text))
    for link in folder.glob("usr/src/*/*"):
        if link.is_symlink() and str(link.readlink()).startswith("/usr/"):
            goal = folder / str(link.readlink())[1:]
            link.unlink()
            link.symlink_to(goal)
    lend_libraries(folder)
    (folder / "complete").touch()
    return folder, tree


def lend_libraries(folder):
    """Has the tools run with newer libraries, where this machine's do not suffice."""
    programs = [path for path in folder.glob("usr/lib/linux-kbuild-*/**/*") if is_program(path) and lacks_glibc(path)]
    if not programs:
        return
    root = kernels.CACHE / "libraries"
    if not (root / "complete").exists():
        for package in LIBRARIES:
            kernels.download(package, root)
        (root / "complete").touch()
    loader = next(path for path in root.rglob("ld-linux-x86-64.so.2"))
    places = ":".join(sorted({str(path.parent) for path in root.rglob("lib*.so*")}))
    for path in programs:
        real = path.with_name(path.name + ".real")
        path.rename(real)
        path.write_text(f'#!/bin/sh\nexec {loader} --argv0 {path} --library-path {places} {real} "$@"\n')
        path.chmod(0o755)


def lacks_glibc(program):
    found = subprocess.run(["ldd", program], text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT).stdout
    return "`GLIBC_" in found and "not found" in found


def is_program(path):
    return path.is_file() and not path.is_symlink() and os.access(path, os.X_OK) and path.open("rb").read(4) == b"\x7fELF"


def compile_against(kernel, unpacked, name, target):
    _, tree = unpacked
    with tempfile.TemporaryDirectory() as work:
        for path in (SOURCES / name).iterdir():
            shutil.copy(path, work)
        compiler = pathlib.Path(work) / "compiler"
        compiler.write_text(COMPILER)
        compiler.chmod(0o755)
        subprocess.run(
            ["make", "-s", "-C", tree, f"M={work}", f"CC={compiler}", "CONFIG_DEBUG_INFO_BTF_MODULES=", "modules"],
            check=True, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300)
        subprocess.run(["strip", "-g", pathlib.Path(work) / f"{name}.ko"], check=True)
        shutil.copy(pathlib.Path(work) / f"{name}.ko", target)


if __name__ == "__main__":
    import sys

    for series in sys.argv[1:]:
        found = kernels.fetch(series)
        build(found)
        print(series, *(name for name in names() if name in found.modules()))
