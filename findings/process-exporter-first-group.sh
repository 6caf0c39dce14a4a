#!/bin/bash
# A process stays in the group that it was first seen in, whatever it becomes
#
# Software: process-exporter 0.8.7 (Debian sid, prometheus-process-exporter).
# Expected: processes are grouped by rules about comm, exe and command line; -recheck is said to "recheck process
#   names on each scrape", for processes that change their name after the start, as an exec does.
# Seen: the program that a process executes after its first scrape is counted in the group of the program before it,
#   with -recheck, too: its CPU seconds stand there, and its own group does not exist. Scraped first after the exec,
#   the same process is where it belongs.
# For exporters: launchers (shells, sudo, container entry points) collect what their successors use, by chance of the
#   scrape's moment.
#   wattprobe: after an exec the series ends, and one of the new name begins; groups are to follow the present name
#   likewise.
. "$(dirname "$0")/lib.sh"
need curl
debian exporter sid prometheus-process-exporter=0.8.7-2
cp "$(command -v bash)" "$work/launcher"
cp "$(command -v bash)" "$work/service"
cat >"$work/names.yml" <<END
process_names:
  - comm: [launcher, service]
END
cat >"$work/run" <<END
sleep 3
exec "$work/service" -c 'while ((SECONDS < 3)); do :; done; sleep 30'
END

groups() { # PORT
    curl -sS "http://127.0.0.1:$1/metrics" | awk -F'[{}" ]' '/^namedprocess_namegroup_num_procs/ {n[$3] = $NF}
        /^namedprocess_namegroup_cpu_seconds_total/ {cpu[$3] += $NF}
        END {for (g in n) printf "%s: processes %d, CPU %s; ", g, n[g], (cpu[g] > 1 ? "more than 1 s" : "less than 1 s"); print ""}'
}
try() { # WHEN FLAG...: WHEN is the seconds from the start of the process to the first scrape that finds it
    local port when=$1
    shift
    port=$(free_port)
    background exporter.log "$work/exporter/usr/bin/prometheus-process-exporter" -config.path="$work/names.yml" \
        -web.listen-address="127.0.0.1:$port" "$@"
    answers "http://127.0.0.1:$port/metrics"
    background run.log "$work/launcher" "$work/run"
    sleep "$when"
    groups "$port" >/dev/null
    sleep $((9 - when))
    echo "first scrape $when s after the start, ${*:-default}: $(groups "$port")"
    kill "${pids[-1]}" "${pids[-2]}"
}
{
    try 1
    try 1 -recheck
    try 4 -recheck
} >"$work/seen"

seen <<'END'
first scrape 1 s after the start, default: launcher: processes 1, CPU more than 1 s; 
first scrape 1 s after the start, -recheck: launcher: processes 1, CPU more than 1 s; 
first scrape 4 s after the start, -recheck: service: processes 1, CPU more than 1 s; 
END
