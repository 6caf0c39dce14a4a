#!/bin/bash
# After a restart of the server, ended series count for five more minutes
#
# Software: Prometheus 3.5.3, VictoriaMetrics 1.145.0 (both Debian sid).
# Expected: the documentation of staleness says that a series whose target no longer returns it is marked as stale,
#   and that queries then no longer find it.
# Seen: so it is while one server process runs: the series is gone at the next scrape. But what was scraped before is
#   kept in memory only. Of series that end while the server is stopped (an orderly SIGTERM, some seconds) nobody
#   knows afterwards: Prometheus returns their last value until it is five minutes old. sum(power) is too high by all
#   that ended meanwhile. VictoriaMetrics answers likewise.
# For exporters: series by process or container, all of them short, stand in sums of gauges after each upgrade of the
#   server.
#   wattprobe: rates of its counters give no more than the tail of such a series; panels are to sum those, not gauges
#   of watts.
. "$(dirname "$0")/lib.sh"
need curl jq

debian server sid prometheus=3.5.3+ds1-6
debian victoria sid victoria-metrics=1.145.0+ds1-2

show() { # PID...
    echo "# TYPE power_watts gauge" >"$work/next"
    for pid; do echo "power_watts{pid=\"$pid\"} 10" >>"$work/next"; done
    mv "$work/next" "$work/metrics"
}
until_sum() { # VALUE: waits for it
    local i
    for ((i = 0; i < 100; i++)); do
        [ "$(value 'sum(power_watts)')" != "$1" ] || return 0
        sleep 0.2
    done
}
stop() {
    kill "${pids[-1]}"
    while kill -0 "${pids[-1]}" 2>/dev/null; do sleep 0.1; done
}
start_prometheus() { prometheus server scrape; }
start_victoria() { victoria victoria -promscrape.config="$work/scrape.yml" -search.latencyOffset=0s; }

show 1 2 3
page "$work/metrics" "text/plain; version=0.0.4"
cat >"$work/scrape.yml" <<END
global: {scrape_interval: 1s}
scrape_configs: [{job_name: page, static_configs: [{targets: ["127.0.0.1:$page_port"]}]}]
END
for kind in prometheus victoria; do
    show 1 2 3
    "start_$kind"
    until_sum 30
    before=$(value 'sum(power_watts)')
    show 1 2
    until_sum 20
    ended=$(value 'sum(power_watts)')
    stop
    show 1
    "start_$kind"
    sleep 3
    after=$(value 'sum(power_watts)')
    last=$(value 'timestamp(power_watts{pid="2"})')
    echo "$kind: three processes $before W; one ends: $ended W; one ends while the server restarts: $after W (true: 10 W)"
    for age in 290 310; do
        echo "  the last value of the ended one after $age s: $(value 'power_watts{pid="2"}' "$(jq -n "$last + $age")")"
    done
    stop
done >"$work/seen"

seen <<'END'
prometheus: three processes 30 W; one ends: 20 W; one ends while the server restarts: 20 W (true: 10 W)
  the last value of the ended one after 290 s: 10
  the last value of the ended one after 310 s: nothing
victoria: three processes 30 W; one ends: 20 W; one ends while the server restarts: 20 W (true: 10 W)
  the last value of the ended one after 290 s: 10
  the last value of the ended one after 310 s: nothing
END
