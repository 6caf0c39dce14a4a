# SPDX-License-Identifier: Apache-2.0
"""Which way collectors take on which kernel: what is better where it is there, what else there is where it is not."""
from guest import PLAIN
from scene import Skip, test


def programs(guest, collector):
    found = {labels["program"] for labels, _ in guest.samples("tasks-0").of("bpf_program_runs_total", collector=collector)}
    assert found, f"{collector} has no programs"
    return found


def room(guest, name):
    """Entries that a map has room for; task storage has none."""
    return max((value for _, value in guest.samples("tasks-0").of("bpf_map_capacity", map=name)), default=0)


@test(PLAIN)
def tasks_are_kept_in_hashes_before_task_storage(guest):
    has_storage = guest.series >= (5, 12)
    for name in ("task_waits", "fault_tasks"):
        assert (room(guest, name) <= 1) == has_storage, f"{name} has room for {room(guest, name)}"


@test(PLAIN)
def faults_are_timed_by_fentry_and_fexit(guest):
    assert {"fault_begin", "fault_end"} <= programs(guest, "faults"), programs(guest, "faults")


@test(PLAIN)
def page_cache_takes_tracepoints_where_there_are(guest):
    own = programs(guest, "pagecache")
    assert ("mm_filemap_get_pages" in own) == (guest.series >= (6, 12)), f"{own}"


@test(PLAIN)
def sched_has_the_form_with_btf(guest):
    assert guest.samples("tasks-0").has("sched_offcpu_seconds_count", reason="io")


@test(PLAIN)
def waits_for_locks_have_programs(guest):
    if guest.series < (5, 19):
        raise Skip("the kernel has no tracepoints for them")
    assert {"contention_begin", "contention_end"} <= programs(guest, "locks")
