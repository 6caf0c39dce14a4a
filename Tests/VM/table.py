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
    text = text.rpartition(": use ")[2] or text
    if "use kernel" in text or text.startswith("kernel"):
        return "needs " + re.sub(r"^use ", "", text).partition(",")[0].partition(" or later")[0] + " or later"
    return {"no hardware events": "no counters", "no RAPL zone": "no sensor"}.get(
        text.partition(":")[0].partition(" in ")[0], text.partition(":")[0].replace("|", "/"))


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


def rows(guests, scrape):
    columns = [(kernel, column(guest, scrape)) for kernel, guest in guests]
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
    text += ["\n## With everything a kernel has\n", rows(plain, "tasks-0")]
    for title, guests in (("Without BTF", hidden), ("Locked down for confidentiality", locked)):
        if guests:
            text += [f"\n## {title}\n", rows(guests, "locked-1")]
    old = path.read_text()
    head, _, rest = old.partition(BEGIN)
    _, _, foot = rest.partition(END)
    assert rest and END in rest, f"{path} has no place for what runs"
    path.write_text(head + BEGIN + "\n" + "\n".join(text) + "\n\n" + END + foot)
