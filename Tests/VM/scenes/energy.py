# SPDX-License-Identifier: Apache-2.0
"""Energy: what is shown is what the sensors counted, and all of it is attributed, to the microjoule."""
from guest import Boot
from joules import LATE, agrees, all_is_attributed, processes_have_theirs, truth
from scene import Skip, test

SENSORS = Boot("sensors", "energy.sh", smp="2,sockets=2,cores=1", timeout=420, needs=("raplsim", "fakerapl"))
PMU = Boot("pmu", "pmu.sh", smp="4,sockets=1,cores=4", needs=("raplsim",))
DIES = Boot(
    "dies", "pmu.sh", smp="4,sockets=1,dies=2,cores=2", needs=("raplsim",), kernels=lambda series: series >= (6, 12))


@test(SENSORS)
def the_kernels_driver_is_read_through_its_wrap(guest):
    window = guest.window("real-0", "real-1")
    wrapped = [
        int(window.first.after.text(f"zone-intel-rapl:{zone}")) > int(window.last.before.text(f"zone-intel-rapl:{zone}"))
        for zone in ("0", "0:0", "0:1", "0:2", "1")]
    assert all(wrapped), f"not all counters wrapped between the snapshots: {wrapped}"
    for zone in ("package-0", "core", "uncore", "dram"):
        agrees(window, "raplsim", zone)


@test(SENSORS)
def the_platform_is_shown_by_itself(guest):
    samples = guest.samples("real-1")
    found = [labels["package"] for labels, _ in samples.of("energy_joules_total", zone="psys")]
    assert len(found) == 1, f"{found}"
    agrees(guest.window("real-0", "real-1"), "raplsim", "psys", package=found[0])


@test(SENSORS)
def all_joules_of_the_kernels_driver_are_attributed(guest):
    for name in ("real-0", "real-1", "real-2"):
        all_is_attributed(guest.samples(name), "rapl")
        processes_have_theirs(guest.samples(name))


@test(SENSORS)
def who_works_gets_the_joules(guest):
    window = guest.window("real-0", "real-1")
    busy = window.rise("cgroup_energy_joules_total", cgroup="/busy")
    active = window.rise("energy_attributed_joules_total", to="processes")
    assert 0.3 * active < busy <= active + 2e-6, f"{busy} of {active} J"
    # 20 W of the 60 that the package and its memory draw are idle; by time it would be that of windows that are still open, too
    whole = sum(window.rise("energy_attributed_joules_total", to=to) for to in ("processes", "kernel", "idle", "unattributed"))
    idle = window.rise("energy_attributed_joules_total", to="idle")
    assert 0.32 * whole <= idle <= 0.345 * whole, f"{idle} J idle of {whole} J"


@test(SENSORS)
def a_reading_that_fails_is_made_up_for(guest):
    window = guest.window("real-1", "real-2")
    zone = {"source": "rapl", "package": "0", "zone": "package-0"}
    assert window.rise("energy_source_errors_total", **zone) >= 2
    failing = guest.text("failing.metrics")
    assert 'wattprobe_power_watts{source="rapl",package="0",zone="package-0"}' not in failing, "power of what cannot be read"
    agrees(window, "raplsim", "package-0")
    agrees(window, "raplsim", "dram")


@test(SENSORS)
def two_packages_have_theirs(guest):
    window = guest.window("two-0", "two-1")
    for package in (0, 1):
        # the platform's is the first of the zones
        file = f"zone-intel-rapl:{package + 1}"
        assert int(window.first.after.text(file)) > int(window.last.before.text(file)), f"{file} did not wrap"
        agrees(window, "fakerapl", f"package-{package}", package=str(package), where=package)
        agrees(window, "fakerapl", "dram", package=str(package), where=package)
    agrees(window, "fakerapl", "psys", package="psys", where=-1)
    all_is_attributed(guest.samples("two-1"), "rapl", ["0", "1"])
    processes_have_theirs(guest.samples("two-1"))


@test(SENSORS)
def a_twin_is_shown_and_not_counted_twice(guest):
    samples = guest.samples("two-1")
    twins = [labels for labels, _ in samples.of("energy_joules_total") if "mmio" in labels["zone"]]
    assert len(twins) == 1, f"{twins}"
    all_is_attributed(samples, "rapl", ["0"])


@test(SENSORS)
def a_zone_that_is_gone_is_absent_and_the_rest_goes_on(guest):
    window = guest.window("two-1", "away")
    agrees(window, "fakerapl", "package-0")
    watts = guest.samples("away").of("power_watts", package="1")
    assert not watts, f"{watts}"
    all_is_attributed(guest.samples("away"), "rapl", ["0"])


@test(SENSORS)
def a_zone_that_returns_counts_again(guest):
    window = guest.window("back-0", "back-1")
    rise = window.rise("energy_joules_total", package="1", zone="package-1")
    low, high = window.kernel(lambda c: float(c.text("uptime").split()[0]))
    assert 100 * (low - LATE) <= rise <= 100 * (high + LATE), f"{rise} J in {low} to {high} s of 100 W"
    all_is_attributed(guest.samples("back-1"), "rapl", ["0", "1"])


@test(SENSORS)
def a_platform_sensor_that_never_counts_is_absent(guest):
    guest.down("silent", "energy", "absent")
    samples = guest.samples("silent")
    shown = [name for name in samples.families if "joules" in name or "watts" in name]
    assert not shown, f"{shown}"
    assert "does not move" in guest.text("silent.txt"), guest.text("silent.txt")


@test(PMU)
def a_pmu_without_events_is_no_sensor(guest):
    guest.down("without", "energy", "absent")


def has_pmu(guest):
    if not guest.text("events").strip() or "No such" in guest.text("events"):
        raise Skip("the driver has no PMU of its own here")


@test(PMU, DIES)
def the_power_pmu_is_read(guest):
    has_pmu(guest)
    window = guest.window("pmu-0", "pmu-1")
    zones = {
        labels["zone"] for labels, _ in window.last.samples.of("energy_joules_total", source="perf")
        if labels["zone"].startswith("package")}
    assert zones, "no zone of perf"
    agrees(window, "raplsim", "package-0", source="perf", shown=sorted(zones)[0])


@test(PMU, DIES)
def the_power_pmu_is_counted_once(guest):
    has_pmu(guest)
    window = guest.window("pmu-0", "pmu-1")
    low, high = window.kernel(lambda c: truth("raplsim", "package-0")(c) + truth("raplsim", "dram")(c))
    rise = window.rise("energy_attributed_joules_total")
    assert low - 60 * 1.5 <= rise <= high + 60 * 1.5, f"{rise} J attributed, {low} to {high} J used"


@test(PMU, DIES)
def a_package_is_one_zone(guest):
    has_pmu(guest)
    zones = [
        labels["zone"] for labels, _ in guest.samples("pmu-1").of("energy_joules_total", source="perf")
        if labels["zone"].startswith("package")]
    assert zones == ["package-0"], f"{zones}"
