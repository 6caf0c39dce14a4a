# SPDX-License-Identifier: Apache-2.0
"""A scrape, and the kernel's own counters beside it."""
import re

SAMPLE = re.compile(r'([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)')
LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')


class Samples:
    def __init__(self, text):
        self.families = {}
        for line in text.splitlines():
            if line and line[0] != "#" and (match := SAMPLE.fullmatch(line)):
                self.families.setdefault(match[1], []).append((dict(LABEL.findall(match[2] or "")), float(match[3])))

    def of(self, name, **labels):
        """Labels and values of a family's samples that have these labels."""
        return [
            (found, value) for found, value in self.families.get(f"wattprobe_{name}", [])
            if all(found.get(key) == wanted for key, wanted in labels.items())]

    def has(self, name, **labels):
        return bool(self.of(name, **labels))

    def sum(self, name, **labels):
        return sum(value for _, value in self.of(name, **labels))

    def values(self, name, label):
        return {found[label] for found, _ in self.of(name)}


class Counters:
    """Files of /proc and the control groups, as they were at one moment."""

    def __init__(self, folder):
        self.folder = folder

    def text(self, name):
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def pairs(self, name):
        """Lines of a name and a number, as in vmstat."""
        return {line.split()[0]: int(line.split()[1]) for line in self.text(name).splitlines() if len(line.split()) == 2}

    def line(self, name, first):
        for line in self.text(name).splitlines():
            if line.split() and line.split()[0].rstrip(":") == first:
                return [int(field) for field in line.split()[1:] if field.lstrip("-").isdigit()]
        raise AssertionError(f"{name} has no line {first}")

    def table(self, name, group):
        """A group of net/snmp or net/netstat."""
        rows = [line.split() for line in self.text(name).splitlines() if line.startswith(group + ":")]
        return dict(zip(rows[0][1:], map(int, rows[1][1:])))

    def disk(self, device):
        for line in self.text("diskstats").splitlines():
            if line.split()[2] == device:
                return [int(field) for field in line.split()[3:]]
        raise AssertionError(f"no disk {device}")

    def device(self, name):
        for line in self.text("net-dev").splitlines():
            if line.strip().startswith(name + ":"):
                return [int(field) for field in line.split(":")[1].split()]
        raise AssertionError(f"no device {name}")


class Snapshot:
    def __init__(self, folder):
        self.before, self.after = Counters(folder / "before"), Counters(folder / "after")
        path = folder / "metrics"
        assert path.exists() and path.stat().st_size, f"there is no scrape {folder.name}"
        self.samples = Samples(path.read_text())


class Window:
    """Two snapshots, and what passed between them."""

    def __init__(self, first, last):
        self.first, self.last = first, last

    def rise(self, name, **labels):
        return self.last.samples.sum(name, **labels) - self.first.samples.sum(name, **labels)

    def kernel(self, read):
        """The least and the most that a counter of the kernel rose by between the scrapes, which lie between readings."""
        return (
            read(self.last.before) - read(self.first.after), read(self.last.after) - read(self.first.before))

    def agrees(self, rise, read, least=0, slack=0, ratio=0):
        """Holds a rise against the kernel's own, which must have been `least` itself."""
        low, high = self.kernel(read)
        room = slack + ratio * high
        assert high >= least, f"the load made {high} for the kernel, fewer than {least}"
        assert low - room <= rise <= high + room, f"{rise:.12g}, but the kernel counted {low} to {high}"
