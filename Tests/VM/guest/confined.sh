# SPDX-License-Identifier: Apache-2.0
# shellcheck shell=dash disable=SC2034,SC2154
# Not as root of the whole machine: by the unit's capabilities, behind hidepid, in namespaces of its own.

CAPABILITIES=+bpf,+perfmon,+dac_read_search,+sys_admin
DROPPED="/usr/bin/setpriv --reuid 1000 --regid 1000 --clear-groups --no-new-privs"
UNIT="$DROPPED --inh-caps -all,$CAPABILITIES --ambient-caps -all,$CAPABILITIES --bounding-set -all,$CAPABILITIES"
ulimit -l unlimited
[ -e /modules/fakerapl.ko ] && load fakerapl
sh -c 'while :; do :; done' &
echo $! >/out/working.pid

try() {
	name=$1
	start "$name" --process.grace 600s && sleep 3 && fetch /metrics >/dev/null && sleep 2 && snap "$name"
	grep -E '^(Uid|CapEff|CapPrm)' "/proc/$exporter/status" >"/out/$name.capabilities" 2>/dev/null
	stop
}

RUN=$UNIT
try unit
mount -o remount,hidepid=2 /proc
try hidepid
mount -o remount,hidepid=0 /proc
RUN=$DROPPED
start bare || say "which is right: it has no privileges"
stop
RUN="/usr/bin/unshare --pid --fork --mount-proc"
try namespace
RUN="/usr/bin/unshare --user --map-root-user --pid --fork --mount-proc"
try user
RUN=
