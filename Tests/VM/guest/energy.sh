# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Sensors of a known power, one set after the other; Tests/VM/scenes/energy.py says what must come of them.

OPTIONS="--collector.disable-defaults --collector.sched --collector.process --collector.cgroup --collector.energy
	--energy.interval 250ms --energy.idle-watts 20 --process.grace 600s"

begin() {
	# shellcheck disable=SC2086
	start "$@" $OPTIONS || return 1
	busy
	working=$!
	shown '^wattprobe_process_cpu_seconds_total.*cgroup="/busy"'
	sleep 1
}

# end DRIVER
end() {
	stop
	kill "$working"
	wait "$working"
	rmmod "$1"
}

# until_up SECONDS: waits until the guest is up for so long.
until_up() {
	while [ "$(seconds)" -lt "$1" ]; do sleep 0.3; done
}

seconds() { sed 's/\..*//' /proc/uptime; }

# begin_before_wrap NAME DRIVER PARAMETER...: an exporter that is there well before the counters wrap, and then works.
begin_before_wrap() {
	local name=$1 driver=$2 wrap
	shift 2
	# a busy machine needs more time
	for wrap in 20 60 150; do
		loaded=$(seconds)
		load "$driver" "wrap_s=$wrap" "$@" || return 1
		begin "$name"
		[ "$(seconds)" -lt $((loaded + wrap - 6)) ] && break
		say "not ready well before the wrap after $wrap s"
		[ $wrap = 150 ] || end "$driver"
	done
	snap "$name-0"
	until_up $((loaded + wrap + 2))
	snap "$name-1"
}

mkdir -p /sys/fs/cgroup/busy
# On the first socket, whose package is the one that the kernel's driver has: bound there last, since a control group that is
# entered says anew where its tasks may run.
busy() { sh -c 'echo $$ >/sys/fs/cgroup/busy/cgroup.procs; exec taskset -c 0 sh -c "while :; do :; done"' & }

# The kernel's driver: its counters wrap between the two snapshots; then reading them fails for a while.
if begin_before_wrap real raplsim; then
	echo -5 >/sys/module/raplsim/parameters/read_error
	sleep 3
	fetch /metrics >/out/failing.metrics
	echo 0 >/sys/module/raplsim/parameters/read_error
	sleep 2
	snap real-2
	end raplsim
fi

# Two packages, the platform and a memory-mapped twin; the second package goes and returns.
if begin_before_wrap two fakerapl packages=2 psys=1 mmio=1; then
	echo 1 >/sys/module/fakerapl/parameters/unplugged
	sleep 3
	snap away
	echo 0 >/sys/module/fakerapl/parameters/unplugged
	sleep 3
	snap back-0
	sleep 4
	snap back-1
	end fakerapl
fi

# A platform sensor that never counts, and nothing else.
if load fakerapl packages=0 psys=1 psys_mw=0; then
	wattprobe collectors >/out/silent.txt 2>&1
	begin silent
	snap silent
	end fakerapl
fi
