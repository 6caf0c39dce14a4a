# SPDX-License-Identifier: Apache-2.0
"""docs/kernels.md: what runs on which kernel, as a run has seen it."""
import datetime
import re

BEGIN = "<!-- what runs -->\n"
END = "<!-- end of what runs -->\n"
# Families, and programs, that tell which way a collector took.
FORMS = [
    ("sched", "sched_offcpu_seconds_count", {"reason": "io"}, "by BTF", "without BTF"),
    ("faults", "page_fault_duration_seconds_count", {}, "fentry", "perf events"),
    ("pagecache", "page_cache_accesses_total", {}, None, "no accesses"),
]


def programs(samples, collector):
    return {labels["program"] for labels, _ in samples.of("bpf_program_runs_total", collector=collector)}


def form(samples, collector):
    """How a collector that runs does so, as far as it shows."""
    found = []
    for name, family, labels, there, absent in FORMS:
        if name == collector:
            found.append(there if samples.has(family, **labels) else absent)
    maps = samples.values("bpf_map_capacity", "map")
    if collector == "sched":
        found.append("array of tasks" if "task_waits" in maps and capacity(samples, "task_waits") > 1 else "task storage")
    if collector == "pagecache":
        own = programs(samples, collector)
        found.append("tracepoints" if "mm_filemap_get_pages" in own else "fentry")
    return ", ".join(word for word in found if word)


def capacity(samples, name):
    return max((value for labels, value in samples.of("bpf_map_capacity", map=name)), default=0)


def reason(text):
    """A cause in a few words, for a cell."""
    for sign, words in (
            ("no hardware events", "no hardware counters"), ("no RAPL zone", "no sensor"), ("shows no BTF", "needs BTF"),
            ("locked down", "locked down")):
        if sign in text:
            return words
    if version := re.search(r"use kernel (\d+\.\d+) or later", text):
        return f"needs {version[1]}"
    return text.partition(": ")[0].replace("|", "/")


def listed(text):
    for line in text.splitlines():
        if match := re.match(r"(\w+) +(?:on|off) +(can run|cannot run) +(.*)", line):
            yield match[1], match[2] == "can run", match[3]


def column(guest, scrape):
    """What a kernel's cells say, by collector."""
    samples = guest.samples(scrape)
    cells = {}
    for collector, can_run, why in listed(guest.text("collectors.txt")):
        if can_run:
            how = form(samples, collector)
            cells[collector] = f"yes ({how})" if how else "yes"
        elif collector not in ("compat",):
            cells[collector] = f"no: {reason(why)}"
    return cells


def sensors(matrix, kernel):
    """Which simulated sensors energy ran on."""
    found = []
    for other, boot, guest in matrix:
        name = {"sensors": ("real-1", "powercap"), "pmu": ("pmu-1", "perf")}.get(boot.name)
        if other == kernel and name and (guest.folder / name[0]).exists():
            source = {"powercap": "rapl", "perf": "perf"}[name[1]]
            if guest.samples(name[0]).has("energy_joules_total", source=source):
                found.append(name[1])
    return found


def rows(guests, scrape, matrix=()):
    columns = [(kernel, column(guest, scrape)) for kernel, guest in guests]
    for kernel, cells in columns:
        if simulated := sensors(matrix, kernel):
            cells["energy"] = f"yes (simulated: {', '.join(sorted(set(simulated)))})"
    lines = ["| collector | " + " | ".join(kernel.series for kernel, _ in columns) + " |"]
    lines.append("|---|" + "---|" * len(columns))
    for collector in dict.fromkeys(name for _, cells in columns for name in cells):
        lines.append(f"| `{collector}` | " + " | ".join(cells.get(collector, "") for _, cells in columns) + " |")
    return "\n".join(lines)


def write(path, matrix):
    """Puts what a run saw between the marks of a page."""
    def of(boot):
        found = [(kernel, guest) for kernel, other, guest in matrix if other.name == boot]
        return sorted(found, key=lambda pair: tuple(map(int, pair[0].series.split("."))))

    plain, hidden, locked = of("plain"), of("no-btf"), of("locked")
    if not plain:
        raise SystemExit(f"{path} is made of the guests plain, no-btf and locked: run the scenes that have them")
    text = [f"As of {datetime.date.today():%-d %B %Y}, x86-64:\n", "| series | kernel | package |\n|---|---|---|"]
    text += [f"| {kernel.series} | `{kernel.release}` | {kernel.version} |" for kernel, _ in plain]
    text += ["\n## With everything a kernel has\n", rows(plain, "tasks-0", matrix)]
    for title, guests in (("Without BTF", hidden), ("Locked down for confidentiality", locked)):
        if guests:
            text += [f"\n## {title}\n", rows(guests, "locked-1")]
    old = path.read_text()
    head, _, rest = old.partition(BEGIN)
    _, _, foot = rest.partition(END)
    assert rest and END in rest, f"{path} has no place for what runs"
    path.write_text(head + BEGIN + "\n" + "\n".join(text) + "\n\n" + END + foot)
