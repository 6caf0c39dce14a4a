# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A machine that has one CPU as the exporter starts, a second one later, and room for more; a small one, with control
# groups of version 1 beside those of version 2, or alone.

mkdir -p /sys/fs/cgroup/unified /sys/fs/cgroup/cpu
mount -t cgroup -o cpu,cpuacct cgroup /sys/fs/cgroup/cpu || say "no control groups of version 1"
[ "$HYBRID" = no ] || mount -t cgroup2 cgroup2 /sys/fs/cgroup/unified
mkdir -p /sys/fs/cgroup/cpu/busy

cat /sys/devices/system/cpu/possible /sys/devices/system/cpu/online >/out/cpus
wattprobe collectors >/out/collectors.txt 2>&1
start late --cgroup.grace 600s --syscalls.timing all || exit 1
snap one
echo 1 >/sys/devices/system/cpu/cpu1/online || say "cpu1 does not come"
sleep 1
LOAD_RUN="taskset -c 1" run_load calls 146 1000 0
snap two-0
LOAD_RUN="taskset -c 1" run_load calls 146 2000 0
LOAD_RUN="taskset -c 1" run_load touch-pages 1000
snap two-1

sh -c 'echo $$ >/sys/fs/cgroup/cpu/busy/cgroup.procs; while :; do :; done' &
working=$!
shown '^wattprobe_cgroup_cpu_seconds_total.*cgroup="/busy"'
snap group-0
sleep 3
snap group-1
kill $working
wait $working
dmesg | grep -c 'Killed process' >/out/killed
stop
