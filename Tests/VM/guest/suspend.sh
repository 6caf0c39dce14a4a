# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Suspend to idle and to memory while the exporter runs, each ended by the clock.

cat /sys/power/state /sys/power/mem_sleep >/out/states 2>/dev/null
start suspend || exit 1
run_load calls 146 1000 0
snap awake
for state in freeze mem; do
	grep -q $state /sys/power/state || continue
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo +6 >/sys/class/rtc/rtc0/wakealarm
	say "to sleep: $state"
	echo $state >/sys/power/state && echo $state >>/out/slept
	say "awake again"
	sleep 1
	snap $state-0
	run_load calls 146 1000 0
	LOAD_RUN="taskset -c 1" run_load calls 146 500 0
	snap $state-1
done
stop
