# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Suspend to memory while the exporter runs, ended by the clock. Nothing wakes such a guest from suspend to idle, and
# Debian's kernels have no suspend test (CONFIG_PM_DEBUG).

cat /sys/power/state /sys/power/mem_sleep >/out/states 2>/dev/null
start suspend || exit 1
run_load calls 146 1000 0
snap awake
if grep -q mem /sys/power/state; then
	grep -q deep /sys/power/mem_sleep && echo deep >/sys/power/mem_sleep
	echo 0 >/sys/class/rtc/rtc0/wakealarm
	echo +6 >/sys/class/rtc/rtc0/wakealarm
	say 'to sleep'
	echo mem >/sys/power/state && echo mem >/out/slept
	say 'awake again'
	sleep 1
	snap mem-0
	run_load calls 146 1000 0
	LOAD_RUN="taskset -c 1" run_load calls 146 500 0
	snap mem-1
fi
stop
