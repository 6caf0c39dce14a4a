# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash
# Loads of known size beside all collectors; Tests/VM/scenes/collectors.py says what must come of them.

say "disk made: $(mke2fs -F /dev/vda >/dev/null 2>&1 && mount -t ext4 /dev/vda /var/tmp && echo yes)"
chmod 1777 /var/tmp
cd /var/tmp || exit 1
dd if=/dev/zero of=/var/tmp/file bs=64k count=64 2>/dev/null
sync

wattprobe collectors >/out/collectors.txt 2>&1
others=
for collector in kmem locks loadtracking bpf; do
	grep -q "^$collector *off *can run" /out/collectors.txt && others="$others --collector.$collector"
done
# shellcheck disable=SC2086
start plain $others --process.detail --cgroup.runqueue --process.grace 600s --cgroup.grace 600s || exit 1

# Calls and tasks.
for group in plain busy; do mkdir -p /sys/fs/cgroup/$group; done
snap tasks-0
run_load calls 146 10000 0
run_load calls 146 500 77
run_load compat-calls 159 300
run_load ping-pong 2000
run_load children 40 fails
run_load children 30 execs
run_load children 20 killed
run_load signals 17 400
run_load migrate-asleep 50
snap tasks-1

# Memory, with the number of each kind known; then files.
run_load touch-pages 3000
run_load read-into-pages 1500
snap faults-1
run_load read-pages-of-file 1000
snap cache-1

# Storage: direct requests, and writes that are waited for.
run_load deep-reads /dev/vda 8192 300 8
run_load disk-writes 100
run_load write-back /var/tmp/file 200 1
sync
snap block-1

# A volume of the device mapper: what is asked of it is passed on to the disk below.
load brd
load dm_mod
if dmsetup create volume --noudevsync --noudevrules --table '0 8192 linear /dev/ram0 0' >/tmp/volume.log 2>&1; then
	snap volume-0
	run_load deep-reads /dev/dm-0 4096 300 8
	snap volume-1
	dmsetup remove --noudevsync volume
else
	say "no volume: $(cat /tmp/volume.log)"
fi

# The network: a namespace behind a veth pair, and connections to it.
load veth
mkfifo /tmp/namespace
loads network-namespace </tmp/namespace >/tmp/namespace.log 2>&1 &
namespace=$!
exec 8>/tmp/namespace
until grep -q ready /tmp/namespace.log; do sleep 0.1; done
# busybox has no name for the other end: the kernel gives it one
ip link add vm0 type veth
ip link set veth0 netns $namespace
ip addr add 10.9.0.1/24 dev vm0
ip link set vm0 up
/usr/bin/nsenter -t $namespace -n /bin/busybox ip addr add 10.9.0.2/24 dev veth0
/usr/bin/nsenter -t $namespace -n /bin/busybox ip link set veth0 up
mkfifo /tmp/server
loads -N $namespace server 7777 </tmp/server >/tmp/server.log 2>&1 &
server=$!
exec 7>/tmp/server
until grep -q ready /tmp/server.log; do sleep 0.1; done
sleep 1
snap net-0
run_load connects 10.9.0.2 7777 60 closes
run_load connects 10.9.0.2 7777 20 aborts
run_load connects 10.9.0.2 7778 15 fails
run_load stream 10.9.0.2 7777 4000000
snap net-1

# A queue that is too short for what is sent.
load sch_tbf
if /usr/bin/tc qdisc add dev vm0 root tbf rate 8mbit burst 4000 limit 30000 >/tmp/queue.log 2>&1; then
	run_load send-datagrams 10.9.0.2 9 300 1000 0
	sleep 1
	/usr/bin/tc -s qdisc show dev vm0 >/out/queue.txt
	snap queue-1
	/usr/bin/tc qdisc del dev vm0 root
else
	say "no queue: $(cat /tmp/queue.log)"
fi
exec 7>&- 8>&-
wait $server $namespace

# A busy control group, and a process in it: both begin with the first scrape that shows them.
sh -c 'echo $$ >/sys/fs/cgroup/busy/cgroup.procs; while :; do :; done' &
watched=$!
echo $watched >/out/spinner.pid
sleep 2
fetch /metrics >/dev/null
sleep 1
snap groups-0
sleep 3
snap groups-1
kill $watched
wait $watched
watched=

# A control group that runs out of memory.
mkdir -p /sys/fs/cgroup/small
echo 20M >/sys/fs/cgroup/small/memory.max
echo 0 >/sys/fs/cgroup/small/memory.swap.max 2>/dev/null
snap oom-0
for turn in 1 2; do
	echo | sh -c 'echo $$ >/sys/fs/cgroup/small/cgroup.procs; exec loads touch-pages 20000' >/dev/null 2>&1
	say "turn $turn of running out of memory: $?"
done
snap oom-1
stop

# Finer histograms: of these the older verifiers follow the bounds, too.
# shellcheck disable=SC2086
start fine $others --web.native-histograms --cgroup.runqueue --syscalls.timing all || exit 1
snap fine-0
run_load ping-pong 2000
run_load deep-reads /dev/vda 8192 300 8
run_load children 40 fails
run_load touch-pages 3000
snap fine-1
fetch /metrics >/dev/null
stop

# One command's tree, with estimated energy: there is no sensor.
cat >/tmp/command.sh <<'END'
for load in "calls 146 10000 0" "children 40 fails" "children 30 execs" "children 20 killed" "touch-pages 3000"; do
	echo | loads $load
done
END
wattprobe run --json --by-process --energy.model skylake --output /out/run.json -- sh /tmp/command.sh >/out/run.log 2>&1
say "the run ended with $?"
