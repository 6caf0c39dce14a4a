#!/bin/bash
# Converting classic histograms loses them all
#
# Software: Prometheus 3.5.3 (Debian sid).
# Expected: the documentation of convert_classic_histograms_to_nhcb says that classic histograms are converted to
#   native ones with custom buckets. Where the server cannot store native histograms (feature flag not given) one
#   expects a refused configuration, as an unknown feature is, or that the classic series stay.
# Seen: promtool and the server accept it, up is 1, nothing is logged, and neither the classic nor the native
#   histogram is stored: every histogram of the target is gone, its counters stay. always_scrape_classic_histograms
#   brings the series back.
# For exporters: a dashboard whose quantiles all went blank while the target is "up" looks like a fault of the
#   exporter.
#   wattprobe: nothing to mend in its page; a question for the troubleshooting part of the README.
. "$(dirname "$0")/lib.sh"
need curl jq

debian server sid prometheus=3.5.3+ds1-6
debian server sid promtool=3.5.3+ds1-6
cat >"$work/metrics" <<'END'
# TYPE wait_seconds histogram
wait_seconds_bucket{le="0.5"} 3
wait_seconds_bucket{le="+Inf"} 4
wait_seconds_sum 1.5
wait_seconds_count 4
# TYPE work counter
work_total 7
# EOF
END
page "$work/metrics" "application/openmetrics-text; version=1.0.0; charset=utf-8"

for more in "" "always_scrape_classic_histograms: true"; do
    name=convert${more:+-and-keep}
    cat >"$work/$name.yml" <<END
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: page
    convert_classic_histograms_to_nhcb: true
    $more
    static_configs: [{targets: ["127.0.0.1:$page_port"]}]
END
    "$work/server/usr/bin/promtool" check config "$work/$name.yml" >"$work/check" 2>&1 && checked=accepted || checked=refused
    prometheus server "$name"
    for ((i = 0; i < 50; i++)); do [ "$(value 'work_total')" = nothing ] || break; sleep 0.2; done
    echo "$name: $checked by promtool, up $(value up), counter $(value work_total), series of the histogram" \
        "$(value 'count({__name__=~"wait_seconds.*"})'), warnings $(grep -cE 'level=(WARN|ERROR)' "$work/$name.log" || true)"
done >"$work/seen"

seen <<'END'
convert: accepted by promtool, up 1, counter 7, series of the histogram nothing, warnings 0
convert-and-keep: accepted by promtool, up 1, counter 7, series of the histogram 4, warnings 0
END
