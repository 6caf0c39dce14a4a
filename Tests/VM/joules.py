# SPDX-License-Identifier: Apache-2.0
"""Joules that are shown against those that simulated sensors have used in truth."""

# From a reading of the sensor to the scrape: the interval, and what a slow guest adds.
LATE = 0.3
# So long windows may stay open: passes take at most a hundredth of a CPU, and tens of milliseconds in a guest.
OPEN = 8.0


def truth(driver, name, package=0):
    """Reads the joules that a zone has used in truth."""

    def read(counters):
        for line in counters.text(driver).splitlines():
            fields = line.split()
            if fields[:3] == ["rapl", name, str(package)]:
                return int(fields[3]) / 1e6
        raise AssertionError(f"{driver} has no {name} of package {package}: {counters.text(driver)}")

    return read


def agrees(window, driver, zone, package="0", source="rapl", shown=None, where=0):
    rise = window.rise("energy_joules_total", source=source, package=package, zone=shown or zone)
    read = truth(driver, zone, where)
    low, high = window.kernel(read)
    seconds = window.kernel(lambda c: float(c.text("uptime").split()[0]))
    watts = high / seconds[1]
    assert rise > 0, f"{zone} of package {package} counted nothing"
    window.agrees(rise, read, slack=watts * LATE)


def all_is_attributed(samples, source, packages=None):
    """What went to somebody is what was measured of packages and dram, but for windows that are still open: passes over
    tasks are rarer than windows where they are dear, as in a guest."""
    found = packages or samples.values("energy_attributed_joules_total", "package")
    assert found, "nothing is attributed"
    for package in found:
        attributed = samples.sum("energy_attributed_joules_total", package=package)
        zones = [
            labels["zone"] for labels, _ in samples.of("energy_joules_total", package=package, source=source)
            if labels["zone"].startswith("package") and "mmio" not in labels["zone"] or labels["zone"].startswith("dram")]
        measured = sum(samples.sum("energy_joules_total", package=package, source=source, zone=zone) for zone in zones)
        watts = sum(samples.sum("power_watts", package=package, source=source, zone=zone) for zone in zones)
        assert measured > 0 and -2e-6 < measured - attributed < watts * OPEN, (
            f"package {package}: {attributed:.6f} attributed of {measured:.6f} J, at {watts:.1f} W")


def processes_have_theirs(samples):
    whole = samples.sum("energy_attributed_joules_total", to="processes")
    parts = samples.sum("process_energy_joules_total")
    assert whole > 0 and abs(whole - parts) < 2e-6, f"{parts} J of processes, {whole} J attributed to them"
