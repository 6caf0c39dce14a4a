#!/bin/bash
# A zone that has no energy counter takes the energy of all others with it
#
# Software: node_exporter 1.11.1 (Debian sid, prometheus-node-exporter), over made-up sysfs trees as Linux has them.
# Expected: the collector "rapl" shows every RAPL zone it can read. powercap holds zones of other drivers, too: dtpm's
#   (the kernel's Documentation/power/powercap/dtpm.rst) have power_uw and limits, but neither energy_uj nor
#   max_energy_range_uj.
# Seen: with one such zone beside them not one node_rapl series is left. The scrape is a success,
#   node_scrape_collector_success 0 alone tells; what is logged is at level debug, and says that the platform has no
#   powercap files.
# For exporters: energy that is gone after a kernel or configuration change, with a quiet log.
#   wattprobe: a zone is read, or left out, by itself.
. "$(dirname "$0")/lib.sh"
need curl
debian exporter sid prometheus-node-exporter=1.11.1-3

show() { # NAME ZONE...
    local name=$1 address
    shift
    zones "$work/$name" "$@"
    address=127.0.0.1:$(free_port)
    background "$name.log" "$work/exporter/usr/bin/prometheus-node-exporter" --path.sysfs="$work/$name" --collector.disable-defaults \
        --collector.rapl --web.listen-address="$address" --log.level=debug
    answers "http://$address/metrics"
    curl -sS -o "$work/page" -w "$name: status %{http_code}, " "http://$address/metrics"
    echo "series of RAPL $(grep -c ^node_rapl "$work/page" || true)," \
        "success $(awk '/^node_scrape_collector_success/ {print $2}' "$work/page")"
    sed -n "s,$work/[a-z-]*/class,…,; s/.* level=\([A-Z]*\) source=[^ ]* \(.*\)collector=rapl /  \1 \2/p" "$work/$name.log" | head -n 1
}
{
    show rapl intel-rapl:0=package-0=10 intel-rapl:0:0=dram=3
    show rapl-and-dtpm intel-rapl:0=package-0=10 intel-rapl:0:0=dram=3 dtpm:0=machine=0
} >"$work/seen"

seen <<'END'
rapl: status 200, series of RAPL 2, success 1
rapl-and-dtpm: status 200, series of RAPL 0, success 0
  DEBUG msg="Platform doesn't have powercap files present" err="open …/powercap/dtpm:0/max_energy_range_uj: no such file or directory"
END
