# SPDX-License-Identifier: Apache-2.0
"""`wattprobe run` on other kernels: figures of a tree of known size."""
import functools
import json

from guest import PLAIN
from scene import Skip, test


@functools.cache
def report(guest):
    if guest.series < (5, 12):
        raise Skip("the kernel has no task storage")
    return json.loads(guest.text("run.json"))["runs"][0]


def tree(guest):
    return report(guest)["trees"][0]


@test(PLAIN)
def a_kernel_without_task_storage_is_refused_in_words(guest):
    if guest.series >= (5, 12):
        raise Skip("the kernel has task storage")
    text = guest.text("run.log")
    assert "processes cannot be followed" in text and len(text.splitlines()) == 1, text


@test(PLAIN)
def system_calls_of_a_tree_are_exact(guest):
    calls = tree(guest)["syscalls"]["calls"]
    assert calls["sched_get_priority_max"]["calls"] == 10000, calls["sched_get_priority_max"]


@test(PLAIN)
def processes_of_a_tree_are_all_there(guest):
    found = tree(guest)
    assert found["processes"] >= 1 + 5 + 90 and found["ended_processes"] == found["processes"], found["processes"]
    assert 60 <= found["failed_processes"] <= 62, found["failed_processes"]
    assert found["living_tasks"] == 0 and found["lost"] == 0
    assert len(found["by_process"]) == found["processes"], len(found["by_process"])


@test(PLAIN)
def times_of_processes_add_up_to_that_of_the_tree(guest):
    found = tree(guest)
    total = sum(one["cpu_seconds"] for one in found["by_process"])
    assert abs(total - found["cpu_seconds"]) < 1e-6, f"{total} of {found['cpu_seconds']}"
    assert 0 < found["cpu_seconds"] <= 2 * report(guest)["elapsed_seconds"], found["cpu_seconds"]
    assert abs(found["user_seconds"] + found["system_seconds"] - found["cpu_seconds"]) < 1e-6


@test(PLAIN)
def faults_and_memory_of_a_tree_are_those_of_the_load(guest):
    found = tree(guest)
    assert found["minor_faults"] >= 3000, found["minor_faults"]
    assert found["peak_resident_bytes"] >= 3000 * 4096, found["peak_resident_bytes"]


@test(PLAIN)
def bytes_of_sockets_are_there_where_the_kernel_tells(guest):
    assert (tree(guest)["network_sent_bytes"] is None) == (guest.series < (6, 3)), tree(guest)["network_sent_bytes"]


@test(PLAIN)
def energy_is_divided_without_a_remainder(guest):
    machine = report(guest)["machine"]
    own = tree(guest)["energy"]["joules"]
    parts = [machine[f"{part}_joules"] for part in ("other_processes", "kernel", "idle", "unattributed")]
    assert own > 0 and machine["estimated"] is True, own
    assert round((own + sum(parts)) * 1e6) == round(machine["joules"] * 1e6), f"{own} and {parts} of {machine['joules']}"
