# SPDX-License-Identifier: Apache-2.0
"""Every collector that can run yields what its load produced, by the kernel's own counters."""
import re

from guest import PLAIN
from scene import Skip, test

PAGE = 4096


def listed(guest):
    """Collectors with whether they can run, by `wattprobe collectors`."""
    found = {}
    for line in guest.text("collectors.txt").splitlines():
        if match := re.match(r"(\w+) +(on|off) +(can run|cannot run) +(.*)", line):
            found[match[1]] = (match[3] == "can run", match[4])
    assert len(found) > 15, guest.text("collectors.txt")
    return found


def needs(guest, collector):
    """Skips where the kernel has no such collector, by the list."""
    can_run, why = listed(guest)[collector]
    if not can_run:
        raise Skip(f"{collector} cannot run: {why.rpartition(': ')[2]}")
    guest.up("tasks-0", collector)


@test(PLAIN)
def what_is_listed_is_what_runs(guest):
    samples = guest.samples("tasks-0")
    for collector, (can_run, why) in listed(guest).items():
        found = samples.of("collector_up", collector=collector)
        if collector == "compat" or not can_run and collector in ("locks", "loadtracking"):
            continue  # off by default, and not asked for
        assert found, f"there is no collector_up of {collector}"
        assert (found[0][1] == 1) == can_run, f"{collector}: {found}, but the list says {can_run}: {why}"


@test(PLAIN)
def all_but_what_a_guest_lacks_can_run(guest):
    lacking = {name for name, (can_run, _) in listed(guest).items() if not can_run}
    allowed = {"pmu", "energy", "compat"} | {
        name for name, since in (("locks", (5, 19)), ("loadtracking", (5, 12))) if guest.series < since}
    assert lacking == allowed, f"cannot run: {sorted(lacking)}"


@test(PLAIN)
def it_ends_by_a_signal_with_status_0(guest):
    assert guest.number("plain.status") == 0


@test(PLAIN)
def no_warning_is_logged(guest):
    lines = [line for line in guest.text("plain.log").splitlines() if "level=warning" in line or "level=error" in line]
    assert not lines, lines[0]


@test(PLAIN)
def scrapes_succeed(guest):
    for name in ("tasks-0", "tasks-1", "net-1", "oom-1"):
        failed = [labels["collector"] for labels, value in guest.samples(name).of("scrape_collector_success") if not value]
        assert not failed, f"{failed} in {name}"


@test(PLAIN)
def system_calls_are_counted_exactly(guest):
    needs(guest, "syscalls")
    window = guest.window("tasks-0", "tasks-1")
    assert window.rise("syscalls_total", syscall="sched_get_priority_max") == 10500
    assert window.rise("syscalls_total", syscall="compat") == 300
    assert window.rise("syscall_errors_total", errno="EINVAL") >= 500


@test(PLAIN)
def some_system_calls_are_timed(guest):
    needs(guest, "syscalls")
    timed = sum(value for _, value in guest.samples("oom-1").of("syscall_duration_seconds_count"))
    counted = sum(value for _, value in guest.samples("oom-1").of("syscalls_total"))
    assert 0 < timed < counted, f"{timed} of {counted}"


@test(PLAIN)
def context_switches_agree_with_proc_stat(guest):
    needs(guest, "sched")
    window = guest.window("tasks-0", "tasks-1")
    window.agrees(window.rise("sched_context_switches_total"), lambda c: c.line("stat", "ctxt")[0], 4000, slack=4)


@test(PLAIN)
def forks_agree_with_proc_stat(guest):
    window = guest.window("tasks-0", "tasks-1")
    window.agrees(
        window.rise("sched_process_events_total", event="fork"), lambda c: c.line("stat", "processes")[0], 90)
    assert window.rise("sched_process_events_total", event="exec") >= 30


@test(PLAIN)
def ended_processes_are_counted_by_result(guest):
    needs(guest, "exits")
    window = guest.window("tasks-0", "tasks-1")
    assert window.rise("exited_processes_total", result="signal") == 20
    assert 40 <= window.rise("exited_processes_total", result="error") <= 60
    assert window.rise("exited_process_lifetime_seconds_count") == window.rise("exited_processes_total")


@test(PLAIN)
def signals_are_counted(guest):
    needs(guest, "signals")
    window = guest.window("tasks-0", "tasks-1")
    # besides, one for each child that ends
    children = window.rise("sched_process_events_total", event="exit")
    assert 400 <= window.rise("signals_total", signal="SIGCHLD") <= 400 + children + 20
    assert window.rise("signals_total", signal="SIGKILL") == 20


@test(PLAIN)
def faults_agree_with_vmstat(guest):
    needs(guest, "faults")
    window = guest.window("tasks-1", "faults-1")
    # the kernel's central count lags behind by as much as each CPU may hold
    window.agrees(window.rise("page_faults_total"), lambda c: c.pairs("vmstat")["pgfault"], 4500, slack=64)
    assert window.rise("page_faults_total", kind="minor", mode="kernel") >= 1500
    window = guest.window("faults-1", "cache-1")
    window.agrees(
        window.rise("page_faults_total", kind="major"), lambda c: c.pairs("vmstat")["pgmajfault"], 1000, slack=16)


@test(PLAIN)
def faults_are_timed_by_fentry(guest):
    needs(guest, "faults")
    window = guest.window("tasks-1", "cache-1")
    timed = window.rise("page_fault_duration_seconds_count")
    assert timed == window.rise("page_faults_total"), f"{timed} timed"


@test(PLAIN)
def page_cache_agrees_with_the_load(guest):
    needs(guest, "pagecache")
    window = guest.window("faults-1", "cache-1")
    assert window.rise("page_cache_insertions_total") >= 1000
    assert window.rise("page_cache_accesses_total") >= 1000
    window.agrees(window.rise("page_cache_dirtied_total"), lambda c: c.pairs("vmstat")["nr_dirtied"], 1000, slack=64)


@test(PLAIN)
def page_cache_counts_an_uncached_page_once(guest):
    needs(guest, "pagecache")
    if guest.series < (6, 12):
        raise Skip("a mapped page counts as it is unmapped here")
    window = guest.window("faults-1", "cache-1")
    # written, each is used once; then each is used once by a fault
    assert 2000 <= window.rise("page_cache_accesses_total") <= 2600, window.rise("page_cache_accesses_total")


@test(PLAIN)
def block_agrees_with_diskstats(guest):
    needs(guest, "block")
    window = guest.window("cache-1", "block-1")
    for operation, requests, sectors, least in (("read", 0, 2, 300), ("write", 4, 6, 100)):
        window.agrees(
            window.rise("block_ios_total", device="vda", operation=operation), lambda c: c.disk("vda")[requests], least)
        window.agrees(
            window.rise("block_io_bytes_total", device="vda", operation=operation),
            lambda c: c.disk("vda")[sectors] * 512, least * PAGE)
    assert window.rise("block_io_duration_seconds_count", device="vda", operation="read") >= 300
    assert window.last.samples.sum("block_inflight_ios", device="vda") == 0


@test(PLAIN)
def what_a_volume_passes_on_is_submitted_once(guest):
    if not (guest.folder / "volume-1").exists():
        raise Skip("there is no device mapper, or no dmsetup")
    rise = guest.window("volume-0", "volume-1").rise("process_block_ios_total", operation="read")
    assert 300 <= rise <= 310, f"{rise}"


@test(PLAIN)
def softirqs_agree_with_proc_softirqs(guest):
    needs(guest, "irq")
    for first, last in (("tasks-0", "tasks-1"), ("net-0", "net-1")):
        window = guest.window(first, last)
        for vector in ("TIMER", "NET_RX", "SCHED", "RCU", "BLOCK"):
            window.agrees(
                window.rise("softirq_duration_seconds_count", vector=vector),
                lambda c: sum(c.line("softirqs", vector)), slack=2)
    assert guest.window("net-0", "net-1").rise("softirq_duration_seconds_count", vector="NET_RX") >= 200


@test(PLAIN)
def interrupts_agree_with_proc_interrupts(guest):
    needs(guest, "irq")
    window = guest.window("cache-1", "block-1")
    numbers = window.last.samples.values("hardirq_duration_seconds_count", "irq") - {"other"}
    assert numbers, "no device interrupt was seen"
    cpus = window.first.before.text("interrupts").splitlines()[0].split()
    window.agrees(
        sum(window.rise("hardirq_duration_seconds_count", irq=number) for number in numbers),
        lambda c: sum(sum(c.line("interrupts", number)[:len(cpus)]) for number in numbers), 100)


@test(PLAIN)
def veth_agrees_with_net_dev(guest):
    needs(guest, "net")
    window = guest.window("net-0", "net-1")
    for direction, packets, octets in (("transmit", 9, 8), ("receive", 1, 0)):
        window.agrees(
            window.rise("network_packets_total", device="vm0", direction=direction),
            lambda c: c.device("vm0")[packets], 200)
        window.agrees(
            window.rise("network_bytes_total", device="vm0", direction=direction), lambda c: c.device("vm0")[octets])
    assert window.rise("network_bytes_total", device="vm0", direction="transmit") >= 4_000_000


@test(PLAIN)
def devices_of_other_namespaces_have_no_series(guest):
    needs(guest, "net")
    window = guest.window("net-0", "net-1")
    assert not window.last.samples.has("network_packets_total", device="veth0")
    # the other end of the cable
    assert window.rise("network_packets_total", device="other", direction="receive") >= 200
    for direction, packets in (("transmit", 9), ("receive", 1)):
        window.agrees(
            window.rise("network_packets_total", device="lo", direction=direction), lambda c: c.device("lo")[packets])


@test(PLAIN)
def drops_of_queues_have_their_reason(guest):
    needs(guest, "net")
    if not (guest.folder / "queue.txt").exists():
        raise Skip("there is no token bucket, or no tc")
    text = guest.text("queue.txt")
    dropped = int(re.search(r"dropped (\d+)", text)[1])
    assert dropped >= 100, text
    window = guest.window("net-1", "queue-1")
    reasons = {
        name: window.rise("network_drops_total", reason=name)
        for name in ("unspecified", "NOT_SPECIFIED", "QDISC_DROP", "QDISC_OVERLIMIT", "QDISC_GENERIC")}
    assert sum(reasons.values()) >= dropped, f"{reasons}, but {dropped} were dropped"
    if guest.series >= (7, 1):
        assert reasons["QDISC_GENERIC"] == dropped and reasons["QDISC_DROP"] == 0, f"{reasons}, dropped {dropped}"


@test(PLAIN)
def tcp_agrees_with_snmp(guest):
    needs(guest, "tcp")
    window = guest.window("net-0", "net-1")
    # the scrapes themselves are connections, accepted and made in the guest's own namespace
    window.agrees(
        window.rise("tcp_connections_total", result="established") + window.rise("tcp_connections_total", result="failed"),
        lambda c: c.table("net-snmp", "Tcp")["ActiveOpens"], 96, slack=1)
    assert window.rise("tcp_connections_total", result="failed") == 15
    assert 81 <= window.rise("tcp_connections_total", result="established") <= 85
    assert 81 <= window.rise("tcp_connections_total", result="accepted") <= 85
    assert window.rise("tcp_resets_total", direction="received") >= 20
    window.agrees(
        window.rise("tcp_retransmits_total"), lambda c: c.table("net-snmp", "Tcp")["RetransSegs"], slack=2)


def watched(counters):
    """The CPU seconds of the process that is watched, by its stat: ticks, so a little less than it had."""
    fields = counters.text("watched").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / 100


@test(PLAIN)
def a_control_group_has_its_cpu_time(guest):
    needs(guest, "cgroup")
    window = guest.window("groups-0", "groups-1")
    window.agrees(
        window.rise("cgroup_cpu_seconds_total", cgroup="/busy"),
        lambda c: c.pairs("cgroup-busy-cpu.stat")["usage_usec"] / 1e6, 1, slack=0.05)


@test(PLAIN)
def a_process_has_its_cpu_time(guest):
    needs(guest, "process")
    window = guest.window("groups-0", "groups-1")
    window.agrees(
        window.rise("process_cpu_seconds_total", pid=str(guest.number("spinner.pid"))), watched, 1, slack=0.05)


@test(PLAIN)
def the_sum_over_processes_is_the_machines(guest):
    needs(guest, "process")
    window = guest.window("groups-0", "groups-1")

    rise = window.rise("process_cpu_seconds_total")
    least, _ = window.kernel(watched)
    _, seconds = window.kernel(lambda c: float(c.text("uptime").split()[0]))
    # what the kernel counts by ticks for the machine is no measure in a guest this slow
    assert least <= rise <= 2 * seconds + 0.1, f"{rise} s on two CPUs in {seconds} s, one process alone used {least}"


@test(PLAIN)
def oom_kills_agree_with_vmstat(guest):
    needs(guest, "signals")
    window = guest.window("oom-0", "oom-1")
    window.agrees(window.rise("oom_kills_total"), lambda c: c.pairs("vmstat")["oom_kill"], 2)


@test(PLAIN)
def the_kernels_allocations_are_seen(guest):
    needs(guest, "kmem")
    window = guest.window("tasks-0", "net-1")
    for allocator in ("kmalloc", "slab", "page"):
        if window.last.samples.has("kernel_allocations_total", allocator=allocator):
            assert window.rise("kernel_allocations_total", allocator=allocator) > 1000, allocator
    assert window.last.samples.has("kernel_outstanding_bytes")


@test(PLAIN)
def load_tracking_follows_tasks(guest):
    needs(guest, "loadtracking")
    window = guest.window("groups-0", "groups-1")
    low, high = window.kernel(watched)
    rise = window.rise("load_tracking_actual_seconds_total", signal="util_avg")
    # windows of a second, of all tasks, which end with an event
    assert rise >= low - 1.5, f"{rise} s, one process alone used {low} to {high}"


@test(PLAIN)
def finer_histograms_run_wherever_the_others_do(guest):
    for labels, value in guest.samples("tasks-0").of("collector_up"):
        finer = guest.samples("fine-0").of("collector_up", collector=labels["collector"])
        assert [found for _, found in finer] == [value], f"{labels}: {value}, {finer}"
    window = guest.window("fine-0", "fine-1")
    for family in ("sched_runqueue_latency_seconds", "sched_oncpu_seconds", "sched_offcpu_seconds",
                   "softirq_duration_seconds", "hardirq_duration_seconds"):
        assert window.rise(f"{family}_count") > 20, family
    assert window.rise("block_io_duration_seconds_count", operation="read") >= 300
    assert window.rise("exited_process_lifetime_seconds_count") >= 40
    assert window.rise("syscall_duration_seconds_count") > 4000
    # text has them as powers of two, whatever they are below
    count = window.rise("sched_oncpu_seconds_count")
    assert window.rise("sched_oncpu_seconds_bucket", le="+Inf") == count
    half = window.rise("sched_oncpu_seconds_bucket", le="0.0009765625")
    assert 0 < half <= count, f"{half} of {count} slices are shorter than a millisecond"


@test(PLAIN)
def no_update_is_lost(guest):
    lost = [
        (labels["map"], labels["cause"], value) for labels, value in guest.samples("oom-1").of("bpf_lost_updates_total")
        # what kmem does within its own programs, it says there; newer kernels give task storage its memory without
        # waiting for it, and may not have it at once
        if value and labels["map"] != "kmem_allocations" and (
            labels["cause"] == "full" or labels["cause"] == "memory" and value > 50)]
    assert not lost, f"{lost}"
