# SPDX-License-Identifier: Apache-2.0
"""Tests of what guests bring back: who they are, and what they see of a guest."""
import dataclasses
import functools

from metrics import Snapshot, Window


class Skip(Exception):
    """What a kernel does not have."""


@dataclasses.dataclass(frozen=True)
class Test:
    scene: str
    name: str
    boot: object
    check: object

    @property
    def title(self):
        return f"{self.scene}/{self.boot.name}/{self.name}"


TESTS = []


def test(boot, *more):
    """Marks a function as a test of guests of that boot; its name is the test's."""

    def register(check):
        for each in (boot, *more):
            scene = check.__module__.split(".")[-1]
            TESTS.append(Test(scene, check.__name__.replace("_", " "), each, check))
        return check

    return register


def series(text):
    return tuple(int(part) for part in text.split("."))


class Guest:
    """What a guest has left."""

    def __init__(self, kernel, folder, console):
        self.kernel, self.folder, self.console = kernel, folder, console
        self.series = series(kernel.series)

    @functools.cache
    def snapshot(self, name):
        return Snapshot(self.folder / name)

    def samples(self, name):
        return self.snapshot(name).samples

    def window(self, first, last):
        return Window(self.snapshot(first), self.snapshot(last))

    def text(self, name):
        path = self.folder / name
        assert path.exists(), f"the guest left no {name}"
        return path.read_text(errors="replace")

    def number(self, name):
        return int(self.text(name))

    def up(self, name, collector):
        """Fails where a collector does not run, with the reason it gives."""
        for labels, value in self.samples(name).of("collector_up", collector=collector):
            assert value == 1, f"{collector} does not run: {labels['reason']}"
            return
        raise AssertionError(f"there is no collector_up of {collector}")

    def down(self, name, collector, reason):
        found = self.samples(name).of("collector_up", collector=collector)
        assert [(labels["reason"], value) for labels, value in found] == [(reason, 0)], f"collector_up: {found}"
