#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the real executable in guests of several kernels and holds what it says against the kernels' own counters.

  run.py [--kernels "6.1 new"] [--scenes "energy"] [--tests WORD] [--table FILE] [--keep FOLDER]
  run.py --shell 6.1 [--scenes collectors]
"""
import argparse
import concurrent.futures
import importlib
import os
import pathlib
import subprocess
import sys
import tempfile
import time
import traceback

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import drivers  # noqa: E402
import guest  # noqa: E402
import kernels  # noqa: E402
import known  # noqa: E402
import scene  # noqa: E402
import table  # noqa: E402

SCENES = ["collectors", "forms", "energy", "machines", "runs"]
SERIES = ["5.10", "6.1", "6.12", "6.18", "new"]
# Those must run; the others are skipped where they cannot be had.
REQUIRED = {"6.1", "6.12"}
TAIL = 30


class Report:
    """What became of each test, said at once."""

    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        self.known_failures = 0
        self.replayed = 0

    def say(self, outcome, kernel, title, text=""):
        self.counts[outcome] += 1
        word = {"passed": "ok", "failed": "FAILED", "skipped": "skipped"}[outcome]
        print(f"{word:8}{kernel:5} {title}{': ' if text else ''}{text}", flush=True)

    def closing(self):
        return ", ".join(f"{count} {word}" for word, count in self.counts.items())


def chosen(arguments, kernel):
    """The boots that a kernel takes, with their tests."""
    boots = {}
    for test in scene.TESTS:
        wanted = test.boot.kernels is None or test.boot.kernels(scene.series(kernel.series))
        if wanted and (not arguments.tests or arguments.tests in test.title):
            boots.setdefault(test.boot, []).append(test)
    return boots


def judge(report, kernel, test, found, is_last=True):
    """Runs a test over what its guest left. A failure counts in the last play of the guest only."""
    mark = known.find(test.title, scene.series(kernel.series))
    try:
        test.check(found)
    except scene.Skip as skip:
        report.say("skipped", kernel.series, test.title, str(skip))
        return True
    except Exception as error:  # a fault in a test is a failure of it
        text = str(error) if isinstance(error, AssertionError) else traceback.format_exc(limit=-2)
        if mark:
            report.known_failures += 1
            report.say("passed", kernel.series, test.title, f"known failure {mark.fault} ({mark.reason}): {text}")
            return True
        if is_last:
            report.say("failed", kernel.series, test.title, text)
        else:
            report.replayed += 1
            print(f"again   {kernel.series:5} {test.title}: {text}", flush=True)
        return False
    if mark:
        report.say("failed", kernel.series, test.title, f"passes, but is marked as {mark.fault}: take the mark away")
        return False
    report.say("passed", kernel.series, test.title)
    return True


def missing(kernel, boot):
    return [module for module in boot.needs if module not in kernel.modules()]


def play(kernel, boot, base, folder):
    begun = time.monotonic()
    out, console, fault = guest.run(kernel, boot, base, folder)
    return out, console, fault, time.monotonic() - begun


def fetch(report, series):
    """The kernels that can be had, with the modules of ours that can be built for them."""
    found = []
    for name in series:
        try:
            kernel = kernels.fetch(kernels.newest() if name == "new" else name)
            if kernel.release not in {other.release for other in found}:
                drivers.build(kernel)
                found.append(kernel)
        except (kernels.Unavailable, subprocess.SubprocessError, OSError) as error:
            report.say("failed" if name in REQUIRED else "skipped", name, "kernel", str(error))
    return found


def run(arguments):
    report = Report()
    if faults := known.faults([test.title for test in scene.TESTS]):
        for fault in faults:
            report.say("failed", "", "known failures", fault)
    begun = time.monotonic()
    found = fetch(report, arguments.kernels.split())
    print(f"kernels: {', '.join(kernel.release for kernel in found)}, in {time.monotonic() - begun:.0f} s", flush=True)
    seconds, matrix = {}, []
    with tempfile.TemporaryDirectory(prefix="wattprobe-vm-") as name, \
            concurrent.futures.ThreadPoolExecutor(arguments.parallel) as pool:
        work = pathlib.Path(arguments.keep or name)
        work.mkdir(parents=True, exist_ok=True)
        base = work / "base.cpio"
        guest.base_archive(base)
        running = {}
        for kernel in found:
            for boot, tests in chosen(arguments, kernel).items():
                if lacks := missing(kernel, boot):
                    for test in tests:
                        report.say("skipped", kernel.series, test.title, f"there is no module {', '.join(lacks)}")
                    continue
                folder = work / f"{kernel.series}-{boot.name}"
                running[pool.submit(play, kernel, boot, base, folder)] = (kernel, boot, tests, False)
        while running:
            done, _ = concurrent.futures.wait(running, return_when=concurrent.futures.FIRST_COMPLETED)
            for future in done:
                kernel, boot, tests, is_last = running.pop(future)
                out, console, fault, took = future.result()
                seconds[kernel.series] = seconds.get(kernel.series, 0) + took
                left = scene.Guest(kernel, out, console)
                if fault and is_last:
                    report.say("failed", kernel.series, f"guest {boot.name}", fault)
                failed = [test for test in tests if not judge(report, kernel, test, left, is_last)]
                print(f"        {kernel.series:5} guest {boot.name}: {took:.0f} s", flush=True)
                if fault or failed:
                    tail(kernel, boot, out, console)
                if not (fault or failed) or is_last:
                    matrix.append((kernel, boot, left))
                    continue
                # guests are slow, and the machine may have been busy with something else: what fails twice is wrong
                folder = work / f"{kernel.series}-{boot.name}-again"
                running[pool.submit(play, kernel, boot, base, folder)] = (kernel, boot, failed, True)
        if arguments.table:
            table.write(pathlib.Path(arguments.table), matrix)
    for kernel in found:
        if kernel.series in seconds:
            print(f"{kernel.series} ({kernel.release}): {seconds[kernel.series]:.0f} s of guests")
    print(f"known failures: {report.known_failures}; played again: {report.replayed}; all in {time.monotonic() - begun:.0f} s")
    print(report.closing())
    return 1 if report.counts["failed"] else 0


def tail(kernel, boot, out, console):
    """What the guest said last, and how to look into it."""
    logs = [("console", console)] + [(path.name, path.read_text(errors="replace")) for path in sorted(out.glob("*.log"))]
    for name, text in logs:
        lines = [line for line in text.replace("\r", "").splitlines() if line.strip()]
        print(f"  -- {name} of guest {boot.name} on {kernel.series}, its last lines")
        for line in lines[-TAIL:]:
            print(f"  | {line}")
    scenes = {test.scene for test in scene.TESTS if test.boot == boot}
    print(f"  -- a shell in such a guest: make vm-shell KERNEL={kernel.series} BOOT={boot.name} "
          f"(scene {', '.join(sorted(scenes))})", flush=True)


def shell(arguments):
    kernel = kernels.fetch(kernels.newest() if arguments.shell == "new" else arguments.shell)
    drivers.build(kernel)
    boots = {test.boot.name: test.boot for test in scene.TESTS}
    if arguments.boot not in boots:
        raise SystemExit(f"there is no guest {arguments.boot}; there are {', '.join(boots)}")
    with tempfile.TemporaryDirectory(prefix="wattprobe-vm-") as name:
        base = pathlib.Path(name) / "base.cpio"
        guest.base_archive(base)
        guest.shell(kernel, boots[arguments.boot], base)
    return 0


def main():
    os.umask(0o022)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kernels", default=" ".join(SERIES))
    parser.add_argument("--scenes", default=" ".join(SCENES))
    parser.add_argument("--tests", help="only tests whose title contains this")
    parser.add_argument("--parallel", type=int, default=min(2, os.cpu_count() or 1), help="guests at once")
    parser.add_argument("--table", help="the page of kernels and collectors to write")
    parser.add_argument("--keep", help="a folder in which what guests leave stays")
    parser.add_argument("--shell", metavar="KERNEL", help="a shell in a guest of that kernel")
    parser.add_argument("--boot", default="plain", help="the guest of which the shell is")
    arguments = parser.parse_args()
    for name in SCENES if arguments.shell else arguments.scenes.split():
        if name not in SCENES:
            parser.error(f"there is no scene {name}; there are {', '.join(SCENES)}")
        importlib.import_module(f"scenes.{name}")
    return shell(arguments) if arguments.shell else run(arguments)


if __name__ == "__main__":
    sys.exit(main())
