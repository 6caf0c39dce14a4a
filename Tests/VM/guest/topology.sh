# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Two sockets of two cores of two threads: who works where, and a CPU that goes and returns.

cat /sys/devices/system/cpu/possible /sys/devices/system/cpu/present >/out/cpus
OPTIONS="--energy.interval 250ms --energy.idle-watts 10 --process.grace 600s"
load fakerapl packages=2 && say "two packages"
# shellcheck disable=SC2086
start topology $OPTIONS || exit 1
last=$(cat /sys/devices/system/cpu/cpu7/topology/physical_package_id)
echo "$last" >/out/package
taskset -c 7 sh -c 'while :; do :; done' &
pinned=$!
echo $pinned >/out/pinned.pid
shown "^wattprobe_process_cpu_seconds_total{pid=\"$pinned\""
sleep 1
snap work-0
sleep 4
snap work-1
kill $pinned
wait $pinned

echo 0 >/sys/devices/system/cpu/cpu5/online || say "cpu5 cannot be taken offline"
sleep 1
fetch /metrics >/out/offline.metrics
snap gone-0
sleep 8
echo 1 >/sys/devices/system/cpu/cpu5/online
sleep 1
taskset -c 5 true
snap gone-1
LOAD_RUN="taskset -c 5" run_load calls 146 1000 0
LOAD_RUN="taskset -c 5" run_load touch-pages 500
snap gone-2
stop
