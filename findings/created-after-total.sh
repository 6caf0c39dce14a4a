#!/bin/bash
# A start time counts only where it stands behind its counter, and looking for it is quadratic
#
# Software: Prometheus 3.5.3 (Debian sid) with created-timestamp-zero-ingestion.
# Expected: OpenMetrics 1.0 wants the samples of one metric together, and gives no order of _total and _created, so a
#   zero at the start time is stored either way. A scrape takes as long as it has samples.
# Seen: with _created behind _total a zero is stored at the start time; with _created before it none is, and the
#   _created line is not kept as a series either: the start time is lost without a word. And for each sample without a
#   _created line the parser reads on through the rest of the family: 4 times the series of one family take 16 times
#   as long and more (without the flag no more than in proportion).
# For exporters: order decides, and a large family without start times is what a user of the flag pays for.
#   wattprobe: sends no _created; if it is to, then right behind each _total. Its families are bounded.
. "$(dirname "$0")/lib.sh"
need curl jq
debian server sid prometheus=3.5.3+ds1-6

start=$(($(date +%s) - 60))
cat >"$work/metrics" <<END
# TYPE behind counter
behind_total 7
behind_created $start
# TYPE before counter
before_created $start
before_total 7
# EOF
END
page "$work/metrics" "application/openmetrics-text; version=1.0.0; charset=utf-8"

scrape() { # NAME [FLAG]
    cat >"$work/$1.yml" <<END
global: {scrape_interval: 1s}
scrape_configs: [{job_name: page, static_configs: [{targets: ["127.0.0.1:$page_port"]}]}]
END
    prometheus server "$@"
    for ((i = 0; i < 50; i++)); do [ "$(value up)" != 1 ] || break; sleep 0.2; done
}
large() { # COUNT: the shortest of 4 scrapes, in microseconds
    { echo "# TYPE large counter"; for ((i = 0; i < $1; i++)); do echo "large_total{i=\"$i\"} 1"; done; echo "# EOF"; } >"$work/next"
    mv "$work/next" "$work/metrics"
    sleep 6
    value 'round(min_over_time(scrape_duration_seconds[4s]) * 1e6)'
}
{
    scrape created --enable-feature=created-timestamp-zero-ingestion
    for name in behind before; do
        echo "_created $name _total: at the start time $(value "${name}_total" $start), now $(value "${name}_total")," \
            "_created as a series: $(value "${name}_created")"
    done
    with=$(($(large 4000) / $(large 1000)))
    scrape plain
    without=$(($(large 4000) / $(large 1000)))
    echo "4 times the series, with the flag 9 times the time or more: $((with >= 9)); without: $((without >= 9))"
    echo "measured: $with and $without times" >&2
} >"$work/seen"

seen <<'END'
_created behind _total: at the start time 0, now 7, _created as a series: nothing
_created before _total: at the start time nothing, now 7, _created as a series: nothing
4 times the series, with the flag 9 times the time or more: 1; without: 0
END
