#!/bin/bash
# What a new series counts for hangs on how steep its first step is
#
# Software: VictoriaMetrics 1.145.0 (Debian sid), beside Prometheus 3.5.3 (Debian sid), which reads the same samples.
# Expected: its maintainers say that increase() takes a counter to have begun at 0
#   (VictoriaMetrics/VictoriaMetrics#603), so a series that is first seen at 100 and reaches 150 has increased by 150,
#   whatever lies between. delta() is for gauges, which begin anywhere.
# Seen: it begins at 0 only where the first value is below ten times (first step + 1). First seen at 100, five equal
#   steps: with steps of 10 the increase is 150, with steps of 9 it is 45; at 1000, steps of 100 give 1500, of 99 give
#   495. delta() does the same to a gauge: a power that goes from 100 W to 150 W has "changed" by 150. rate() never
#   does, so increase() is not rate() times the range.
# For exporters: energy that a series brings along at its first sight is counted or not by chance, in the same query,
#   for its neighbours.
#   wattprobe: a process' series begins at 0 when it is first shown (what it used before is in pid="other"), so all of
#   them agree.
. "$(dirname "$0")/lib.sh"
need curl jq

debian victoria sid victoria-metrics=1.145.0+ds1-2
debian server sid prometheus=3.5.3+ds1-6 promtool=3.5.3+ds1-6

start=$((($(date +%s) / 60 - 20) * 60))
series="0:5 100:10 100:9 1000:100 1000:99"
lines() { # UNIT: samples a second, timestamps in milliseconds (1000) or seconds (1)
    local s i
    echo "# TYPE joules counter"
    for s in $series; do
        for ((i = 0; i < 6; i++)); do
            echo "joules_total{first=\"${s%:*}\",step=\"${s#*:}\"} $((${s%:*} + ${s#*:} * i)) $(((start + i * 10) * $1))"
        done
    done
}

victoria victoria
lines 1000 | curl -sS --data-binary @- "$server/api/v1/import/prometheus"
curl -sS "$server/internal/force_flush"
vm=$server
mkdir "$work/prom"
{ lines 1; echo "# EOF"; } >"$work/page"
"$work/server/usr/bin/promtool" tsdb create-blocks-from openmetrics "$work/page" "$work/prom" >/dev/null
echo "scrape_configs: []" >"$work/prom.yml"
prometheus server prom --storage.tsdb.retention.time=1y
prom=$server

on() { # SERVER EXPRESSION
    server=$1
    value "$2" $((start + 120))
}
{
    echo "first step | last - first | VictoriaMetrics: increase, delta, rate | Prometheus: rounded increase"
    for s in $series; do
        of="joules_total{first=\"${s%:*}\",step=\"${s#*:}\"}[5m]"
        echo "${s/:/ } | $((${s#*:} * 5)) | $(on "$vm" "increase($of)") $(on "$vm" "delta($of)") $(on "$vm" "rate($of)")" \
            "| $(on "$prom" "round(increase($of), 5)")"
    done
} >"$work/seen"

seen <<'END'
first step | last - first | VictoriaMetrics: increase, delta, rate | Prometheus: rounded increase
0 5 | 25 | 25 25 0.5 | 30
100 10 | 50 | 150 150 1 | 60
100 9 | 45 | 45 45 0.9 | 55
1000 100 | 500 | 1500 1500 10 | 600
1000 99 | 495 | 495 495 9.9 | 595
END
