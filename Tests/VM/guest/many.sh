# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# A machine that may have 240 CPUs, of which two are there: they share the counters of disks, devices and interrupts.

mke2fs -F /dev/vda >/dev/null 2>&1 && mount -t ext4 /dev/vda /var/tmp || say "there is no disk"
chmod 1777 /var/tmp
cd /var/tmp || exit 1
cat /sys/devices/system/cpu/possible >/out/possible
start many || exit 1
snap many-0
echo | taskset -c 0 loads disk-writes 100 >/tmp/other.log 2>&1 &
LOAD_RUN="taskset -c 1" run_load disk-writes 100
wait $!
run_load datagrams 5000
sync
snap many-1
