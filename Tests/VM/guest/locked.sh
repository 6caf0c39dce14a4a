# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A kernel that keeps its secrets from root; then one without BTF, for which locking it down is not needed.

[ -n "$HIDE_BTF" ] && mount -t tmpfs tmpfs /sys/kernel/btf
cat /sys/kernel/security/lockdown >/out/lockdown 2>/dev/null
wattprobe collectors --collector.locks --collector.kmem --collector.loadtracking >/out/collectors.txt 2>&1
start locked || exit 1
snap locked-0
run_load calls 146 1000 0
run_load ping-pong 1000
run_load touch-pages 1000
run_load signals 17 100
snap locked-1
stop
