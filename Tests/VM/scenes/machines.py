# SPDX-License-Identifier: Apache-2.0
"""Machines that differ: their CPUs, memory, control groups, locks, and what the exporter may do."""
from guest import Boot
from joules import all_is_attributed
from scene import Skip, test

TOPOLOGY = Boot("topology", "topology.sh", smp="8,sockets=2,cores=2,threads=2")
LATE = Boot(
    "late", "late.sh", smp="2,maxcpus=6", memory="384M", command_line="maxcpus=1", cgroups="none")
# The same without a hierarchy of version 2, as distributions had it until 2021.
LEGACY = Boot(
    "legacy", "late.sh", smp="2,maxcpus=6", memory="384M", command_line="maxcpus=1", cgroups="none",
    settings=("HYBRID=no",), kernels=lambda series: series < (6, 18))
# Two CPUs of 240 that there may be; later kernels believe what firmware says of them.
MANY = Boot(
    "many", "many.sh", smp="2,maxcpus=240", command_line="possible_cpus=240", kernels=lambda series: series < (6, 9))
CONFINED = Boot("confined", "confined.sh")
LOCKED = Boot("locked", "locked.sh", command_line="lockdown=confidentiality")
NO_BTF = Boot("no-btf", "locked.sh", settings=("HIDE_BTF=yes",))
SUSPEND = Boot("suspend", "suspend.sh", kernels=lambda series: series >= (6, 1))
# What runs without BTF, by docs/operating.md.
WITHOUT_BTF = {"sched": (5, 18), "cpu": (5, 18), "faults": (0,), "irq": (0,), "locks": (5, 19), "signals": (0,)}


def seconds(counters):
    return float(counters.text("uptime").split()[0])


def all_succeed(samples):
    failed = [labels["collector"] for labels, value in samples.of("scrape_collector_success") if not value]
    assert not failed, f"{failed}"


@test(TOPOLOGY)
def every_thread_of_two_sockets_is_there(guest):
    cpus = guest.samples("work-1").values("cpu_seconds_total", "cpu")
    assert cpus == {str(cpu) for cpu in range(8)}, f"{cpus}"
    all_succeed(guest.samples("work-1"))


@test(TOPOLOGY)
def who_works_on_a_socket_gets_its_joules(guest):
    if "two packages" not in guest.console:
        raise Skip("there is no module fakerapl")
    window = guest.window("work-0", "work-1")
    pid = str(guest.number("pinned.pid"))
    assert guest.text("package").strip() == "1", "cpu7 is not of the second socket"
    own = window.rise("process_energy_joules_total", pid=pid)
    where = {"package": "1"} if guest.series >= (5, 12) else {}  # before, its time counts for all packages
    active = window.rise("energy_attributed_joules_total", to="processes", **where)
    # 110 W of the second package and its memory, 20 W of them idle; the exporter itself works on either
    assert active > 0 and 0.5 * active <= own <= active * 1.3, f"{own} J of {active} J"
    all_is_attributed(window.last.samples, "rapl", ["0", "1"])


@test(TOPOLOGY)
def time_by_cpu_is_the_time_that_passed(guest):
    window = guest.window("work-0", "work-1")
    low, high = window.kernel(seconds)
    for cpu in range(8):
        rise = window.rise("cpu_seconds_total", cpu=str(cpu))
        assert low * 0.9 - 0.1 <= rise <= high * 1.1 + 0.1, f"cpu {cpu}: {rise} s in {low} to {high} s"


@test(TOPOLOGY)
def scrapes_succeed_while_a_cpu_is_gone(guest):
    for name in ("gone-0", "gone-1", "gone-2"):
        all_succeed(guest.samples(name))


@test(TOPOLOGY)
def a_cpu_that_returned_is_counted(guest):
    window = guest.window("gone-1", "gone-2")
    assert window.rise("syscalls_total", syscall="sched_get_priority_max") == 1000
    window.agrees(window.rise("page_faults_total"), lambda c: c.pairs("vmstat")["pgfault"], 500, slack=256)


@test(TOPOLOGY)
def time_offline_is_not_idle(guest):
    # it has no series while it is gone
    window = guest.window("work-1", "gone-1")
    rise = window.rise("cpu_seconds_total", cpu="5", mode="idle")
    _, passed = window.kernel(seconds)
    # offline for eight seconds of the time between
    assert rise <= passed - 7, f"{rise} s idle in {passed} s, of which it was offline for eight"


@test(LATE)
def a_cpu_that_comes_late_is_counted(guest):
    assert guest.samples("two-1").has("cpu_seconds_total", cpu="1"), "there is no cpu 1"
    window = guest.window("two-0", "two-1")
    assert window.rise("syscalls_total", syscall="sched_get_priority_max") == 2000
    window.agrees(window.rise("page_faults_total"), lambda c: c.pairs("vmstat")["pgfault"], 1000, slack=64)
    window.agrees(window.rise("sched_context_switches_total"), lambda c: c.line("stat", "ctxt")[0], slack=4)
    all_succeed(guest.samples("two-1"))


@test(LATE)
def cpus_that_are_only_possible_have_no_series(guest):
    possible, online = guest.text("cpus").split()
    assert online == "0", online
    # newer kernels leave no room for CPUs that the firmware only promises
    assert possible in ("0-5", "0-1"), possible
    for name, most in (("one", {"0"}), ("two-1", {"0", "1"})):
        found = guest.samples(name).values("cpu_seconds_total", "cpu")
        assert found <= most, f"{name}: {found}"


@test(LATE)
def it_runs_in_384_mb(guest):
    guest.up("group-1", "syscalls")
    guest.up("group-1", "block")
    assert guest.number("late.status") == 0
    assert guest.text("killed").strip() == "0"
    resident = [value for labels, value in guest.samples("group-1").families["process_resident_memory_bytes"]]
    assert resident[0] < 128 << 20, f"{resident[0] / (1 << 20):.0f} MB"


@test(LATE)
def every_system_call_is_timed_where_that_is_asked_for(guest):
    window = guest.window("two-0", "two-1")
    assert window.rise("syscalls_total", syscall="sched_get_priority_max") == 2000
    assert window.rise("syscall_seconds_total", syscall="sched_get_priority_max") > 0
    calls = window.rise("syscalls_total", category="process")
    assert abs(window.rise("syscall_duration_seconds_count", category="process") - calls) <= 20
    room = guest.samples("two-1").of("bpf_map_capacity", map="syscall_tasks")
    assert any(value > 1 for _, value in room) == (guest.series < (5, 12)), f"{list(room)}"


@test(LATE, LEGACY)
def control_groups_of_version_1_have_their_cpu_time(guest):
    guest.up("group-1", "cgroup")
    window = guest.window("group-0", "group-1")
    window.agrees(
        window.rise("cgroup_cpu_seconds_total", cgroup="/busy"),
        lambda c: int(c.text("cgroup-cpu-busy-cpuacct.usage")) / 1e9, 1, slack=0.05)


@test(MANY)
def cpus_that_share_counters_lose_none(guest):
    assert guest.text("possible").strip() == "0-239", guest.text("possible")
    all_succeed(guest.samples("many-1"))
    window = guest.window("many-0", "many-1")
    window.agrees(
        window.rise("block_ios_total", device="vda", operation="write"), lambda c: c.disk("vda")[4], 200)
    window.agrees(
        window.rise("block_io_bytes_total", device="vda", operation="write"), lambda c: c.disk("vda")[6] * 512, 1 << 19)
    assert window.rise("network_packets_total", device="lo", direction="receive") >= 5000


@test(MANY)
def maps_stay_small_where_cpus_are_many(guest):
    # an estimate before 6.4, exact of arrays; system calls have a table by call and CPU
    arrays = {"block_slots", "network_traffic", "network_drops", "hardirqs", "interrupt_cpus", "sched_cpus", "tcp_cpus"}
    found = {labels["map"]: value for labels, value in guest.samples("many-1").of("bpf_map_bytes")}
    assert arrays <= set(found), f"{found}"
    taken = sum(found[name] for name in arrays)
    assert 1 << 20 < taken < 6 << 20, f"{taken}: {found}"


@test(CONFINED)
def the_units_capabilities_suffice(guest):
    for collector in ("sched", "cpu", "syscalls", "process", "cgroup", "net", "tcp", "irq", "block", "signals", "exits"):
        guest.up("unit", collector)
    text = guest.text("unit.capabilities")
    assert "Uid:\t1000" in text, text
    assert guest.samples("unit").has("process_cpu_seconds_total", pid=str(guest.number("working.pid")))
    assert guest.samples("unit").has("bpf_program_runs_total"), "no statistics of programs"
    all_succeed(guest.samples("unit"))


@test(CONFINED)
def the_unit_reads_energy(guest):
    if "fakerapl" not in guest.kernel.modules():
        raise Skip("there is no module fakerapl")
    guest.up("unit", "energy")
    assert guest.samples("unit").sum("process_energy_joules_total", pid=str(guest.number("working.pid"))) > 0


@test(CONFINED)
def hidepid_hides_no_process(guest):
    guest.up("hidepid", "process")
    assert guest.samples("hidepid").has("process_cpu_seconds_total", pid=str(guest.number("working.pid")))
    all_succeed(guest.samples("hidepid"))


@test(CONFINED)
def without_privileges_it_ends_and_says_why(guest):
    assert guest.number("bare.status") == 1, f"status {guest.number('bare.status')}"
    log = guest.text("bare.log")
    assert "no collector could start" in log and "CAP_BPF" in log, log[-400:]


@test(CONFINED)
def in_a_user_namespace_it_says_what_it_may_not(guest):
    if not (guest.folder / "user/metrics").exists():
        # there is not even a sensor to read
        assert guest.number("user.status") == 1 and "no collector could start" in guest.text("user.log")
        return
    for collector in ("sched", "syscalls", "process", "block"):
        guest.down("user", collector, "permission")


@test(CONFINED)
def it_ends_by_a_signal_with_status_0(guest):
    for name in ("unit", "hidepid"):
        assert guest.number(f"{name}.status") == 0, f"{name}: {guest.text(f'{name}.log')[-300:]}"


@test(CONFINED)
def in_a_pid_namespace_processes_are_not_shown(guest):
    guest.up("namespace", "sched")
    found = guest.samples("namespace").of("collector_up", collector="process")
    assert found[0][1] == 0, "the process collector runs, though it sees only the processes of its namespace"


@test(LOCKED)
def a_locked_kernel_is_named(guest):
    assert "[confidentiality]" in guest.text("lockdown"), guest.text("lockdown")
    samples = guest.samples("locked-1")
    for labels, value in samples.of("collector_up"):
        assert value == 1 or labels["reason"] in ("permission", "absent", "disabled"), f"{labels}"
    assert any(value for _, value in samples.of("collector_up")), "nothing runs"
    all_succeed(samples)


@test(LOCKED, NO_BTF)
def what_runs_counts(guest):
    window = guest.window("locked-0", "locked-1")
    is_up = {labels["collector"] for labels, value in window.last.samples.of("collector_up") if value}
    assert "irq" in is_up, f"{sorted(is_up)} run"
    window.agrees(
        window.rise("softirq_duration_seconds_count", vector="TIMER"), lambda c: sum(c.line("softirqs", "TIMER")), slack=2)
    if "sched" in is_up:
        window.agrees(
            window.rise("sched_context_switches_total"), lambda c: c.line("stat", "ctxt")[0], 2000, slack=4)
    if "faults" in is_up:
        window.agrees(window.rise("page_faults_total"), lambda c: c.pairs("vmstat")["pgfault"], 1000, slack=256)
    if "signals" in is_up:
        assert window.rise("signals_total", signal="SIGCHLD") >= 100
    if "syscalls" in is_up:
        assert window.rise("syscalls_total", syscall="sched_get_priority_max") == 1000


@test(NO_BTF)
def without_btf_the_forms_without_it_run(guest):
    samples = guest.samples("locked-1")
    for collector, since in WITHOUT_BTF.items():
        found = samples.of("collector_up", collector=collector)
        if collector != "locks":  # off by default
            assert (found[0][1] == 1) == (guest.series >= since), f"{collector}: {found}"
    for labels, value in samples.of("collector_up"):
        if labels["collector"] not in WITHOUT_BTF and not value:
            assert labels["reason"] in ("btf", "absent", "disabled"), f"{labels}"
    assert not samples.has("sched_offcpu_seconds_count", reason="io")
    all_succeed(samples)


@test(SUSPEND)
def it_goes_on_after_suspend_to_memory(guest):
    if not (guest.folder / "slept").exists():
        raise Skip("the guest does not sleep")
    window = guest.window("mem-0", "mem-1")
    assert window.rise("syscalls_total", syscall="sched_get_priority_max") == 1500
    window.agrees(window.rise("sched_context_switches_total"), lambda c: c.line("stat", "ctxt")[0], slack=4)
    all_succeed(window.last.samples)
