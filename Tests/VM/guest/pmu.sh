# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# perf's power PMU by the kernel's own driver; Tests/VM/scenes/energy.py says what must come of it.

load rapl
ls /sys/bus/event_source/devices/power/events >/out/without.txt 2>&1
start without --collector.disable-defaults --collector.sched --collector.energy && snap without && stop
rmmod rapl

load raplsim perf=1
cat /sys/bus/event_source/devices/power/cpumask >/out/cpumask
ls /sys/bus/event_source/devices/power/events >/out/events
sh -c 'while :; do :; done' &
start pmu --collector.disable-defaults --collector.sched --collector.process --collector.energy --energy.interval 250ms \
	--energy.idle-watts 20
sleep 3
snap pmu-0
sleep 5
snap pmu-1
stop
