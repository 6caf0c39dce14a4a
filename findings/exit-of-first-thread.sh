#!/bin/bash
# A list of exits has processes that failed as fine, and one that goes on as ended
#
# Software: exitsnoop of libbpf-tools 0.26.0+ds (Debian bookworm); the kernel's tracepoint sched_process_exit (seen on
#   Linux 6.18).
# Expected: one line for each process that ends, with the status that its parent gets from wait(), as the column EXIT_CODE
#   says and as it is for processes of one thread.
# Seen: the line is that of the first thread. Where that ends by itself before the others (pthread_exit() in main(), as
#   daemons and runtimes do), the line comes then, with 0, whatever the process ends with later, and there is no other. Where
#   another thread executes a program, the first one is ended for it: there is a line, with 0, for a process that goes on,
#   and a second one for the same pid once it ends. A count of failures by such a list is too low, one of exits too high.
# For exporters: a process ends with its last thread; its status is that of the group (signal_struct), the first thread's only
#   where nobody ended the group.
#   wattprobe: run counts ends and failures that way, tested with both; exits counts at the death of the last thread.
. "$(dirname "$0")/lib.sh"
need python3 script
[ "$(id -u)" = 0 ] || skip "root is needed to load eBPF programs"
debian tools bookworm libbpf-tools=0.26.0+ds-1 libbpf1 libc6 libelf1 zlib1g
# a terminal, for lines as they come
list() { own_libraries tools "$work/tools/usr/sbin/exitsnoop"; }
export -f list own_libraries
export work
script -qefc list "$work/exits" >/dev/null 2>"$work/errors" &
pids+=($!)
for _ in $(seq 100); do
    python3 -c 'import os; os._exit(0)'
    grep -q python "$work/exits" && break
    sleep 0.1
done
grep -q python "$work/exits" || skip "exitsnoop sees nothing here: $(head -c 200 "$work/errors")"

run() { # NAME BODY: what wait() tells of a process, and what the list has of its pid
    local pid status=0
    python3 -c "
import _thread, ctypes, os, time
$2" &
    pid=$!
    wait "$pid" || status=$?
    sleep 0.5
    echo "$1: wait() $status, listed: $(awk -v pid="$pid" '$2 == pid {$1 = $2 = $3 = $4 = $5 = ""; gsub(/^ +/, ""); print}' \
        <(tr -d '\r' <"$work/exits") | paste -sd,)"
}
{
    run "one thread ends the process with 4" "os._exit(4)"
    run "the first thread ends, another ends the process with 4" \
        "_thread.start_new_thread(lambda: (time.sleep(0.3), os._exit(4)), ()); ctypes.CDLL(None).pthread_exit(0)"
    run "another thread executes a program, which ends with 0" \
        "_thread.start_new_thread(lambda: os.execv('/bin/sleep', ['sleep', '0.3']), ()); time.sleep(5)"
} >"$work/seen"

seen <<'END'
one thread ends the process with 4: wait() 4, listed: code 4
the first thread ends, another ends the process with 4: wait() 4, listed: 0
another thread executes a program, which ends with 0: wait() 0, listed: 0,0
END
