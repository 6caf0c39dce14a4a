# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# What scripts in a guest have: an exporter, snapshots, loads. Results go to /out.

PORT=10418

say() { echo "guest: $*" >/dev/console; }

# load MODULE [PARAMETER...]: with what it needs. A module that is not there is built in, or missing.
load() {
	local module=$1 needed
	shift
	[ -e "/modules/$module.ko" ] || return 1
	grep -q "^$module " /proc/modules && return 0
	# shellcheck disable=SC2013
	for needed in $(sed -n "s/^$module: *//p" /modules/needs); do load "$needed"; done
	insmod "/modules/$module.ko" "$@" || say "insmod $module failed"
}

cgroup2() {
	mkdir -p "$1"
	mount -t cgroup2 cgroup2 "$1" || return 1
	# shellcheck disable=SC2013
	for controller in $(cat "$1/cgroup.controllers"); do
		echo "+$controller" >"$1/cgroup.subtree_control" 2>/dev/null
	done
	return 0
}

# fetch PATH: what the exporter answers, by another program.
fetch() { timeout 60 wget -q -O - "http://127.0.0.1:$PORT$1"; }

# start NAME [OPTION...]: an exporter, whose log is NAME.log, until it is ready. RUN is put before it.
start() {
	exporter_name=$1
	shift
	# shellcheck disable=SC2086
	$RUN wattprobe --web.listen-address "127.0.0.1:$PORT" --budget.cpu off "$@" >"/out/$exporter_name.log" 2>&1 </dev/null &
	exporter=$!
	waited=0
	until fetch /-/ready >/dev/null 2>&1; do
		waited=$((waited + 1))
		if [ $waited -gt 400 ] || ! kill -0 $exporter 2>/dev/null; then
			say "exporter $exporter_name does not get ready"
			tail -5 "/out/$exporter_name.log" >/dev/console
			return 1
		fi
		sleep 0.2
	done
	read -r up _ </proc/uptime
	say "exporter $exporter_name ready at $up s"
}

# shown PATTERN: waits until a scrape has it. A series counts from the scrape on that shows it first: what its process used
# before is that of the others.
shown() {
	waited=0
	until fetch /metrics | grep -q "$1"; do
		waited=$((waited + 1))
		if [ $waited -gt 60 ]; then
			say "$1 is not shown"
			return 1
		fi
		sleep 0.5
	done
}

# stop: and its status is NAME.status.
stop() {
	stopping=$exporter
	# unshare waits for its child, whatever it is told
	case $RUN in
	*unshare*) read -r stopping <"/proc/$exporter/task/$exporter/children" ;;
	esac
	# shellcheck disable=SC2086
	kill -TERM $stopping 2>/dev/null
	wait "$exporter"
	echo $? >"/out/$exporter_name.status"
	exporter=
}

kill_exporter() {
	[ -n "$exporter" ] && kill -KILL "$exporter" 2>/dev/null
	exporter=
}

# Counters that rise with every command, or with time.
fast_counters() {
	local file driver
	for driver in raplsim fakerapl; do
		[ -e /sys/module/$driver ] && cat /sys/module/$driver/parameters/totals >"$1/$driver"
	done
	for file in uptime stat vmstat softirqs; do cat /proc/$file >"$1/$file"; done
	[ -n "$watched" ] && cat "/proc/$watched/stat" >"$1/watched"
}

slow_counters() {
	local file name zone
	for file in interrupts diskstats loadavg net/dev net/snmp net/netstat meminfo; do
		cat "/proc/$file" >"$1/$(echo "$file" | tr / -)" 2>/dev/null
	done
	for zone in /sys/class/powercap/*:*; do
		[ -e "$zone/energy_uj" ] && cat "$zone/energy_uj" >"$1/zone-${zone##*/}" 2>/dev/null
	done
	for file in /sys/fs/cgroup/*/cpu.stat /sys/fs/cgroup/*/memory.events /sys/fs/cgroup/*/*/cpuacct.usage; do
		[ -e "$file" ] || continue
		name=${file#/sys/fs/cgroup/}
		cat "$file" >"$1/cgroup-$(echo "$name" | tr / -)"
	done
}

# snap NAME: a scrape, between two readings of the kernel's own counters, of which the fast ones are next to it.
snap() {
	mkdir -p "/out/$1/before" "/out/$1/after"
	slow_counters "/out/$1/before"
	fast_counters "/out/$1/before"
	fetch /metrics >"/out/$1/metrics" || say "scrape $1 failed"
	fast_counters "/out/$1/after"
	slow_counters "/out/$1/after"
}

# run_load ARGUMENT...: a load of known size, from its beginning to its end.
run_load() {
	# shellcheck disable=SC2086
	echo | $LOAD_RUN loads "$@" >/tmp/load.log 2>&1 || say "loads $* failed: $(tail -1 /tmp/load.log)"
	grep -q "done" /tmp/load.log || say "loads $* did not end: $(tail -1 /tmp/load.log)"
}
