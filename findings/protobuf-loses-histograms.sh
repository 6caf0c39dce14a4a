#!/bin/bash
# A feature flag about start times loses every histogram of the exporters that know native ones
#
# Software: Prometheus 2.53.3 (Debian trixie) and 3.5.3 (Debian sid).
# Expected: created-timestamp-zero-ingestion is described as: zero samples at the time a counter was created. Nothing
#   says that it touches histograms; whether native ones are stored has a flag of its own (native-histograms), which
#   is off.
# Seen: the flag puts protobuf first in the Accept header. A histogram sent there with both its parts, as client
#   libraries do, is taken for native, and native ones are off: 3.5.3 stores nothing of it, 2.53.3 one series of the
#   bare name that is always 0. up is 1, no warning. scrape_protocols with PrometheusProto first does the same.
#   (always_)scrape_classic_histograms brings the series back.
# For exporters: to offer native histograms takes the classic ones from users who never asked for either.
#   wattprobe: answers with OpenMetrics text even where protobuf is asked for first.
. "$(dirname "$0")/lib.sh"
need curl jq python3

python3 - >"$work/metrics" <<'PYTHON'
import struct
import sys

def varint(n):
    out = b""
    while n > 127:
        out, n = out + bytes([n & 127 | 128]), n >> 7
    return out + bytes([n])

def number(field, n): return varint(field << 3) + varint(n)
def double(field, x): return varint(field << 3 | 1) + struct.pack("<d", x)
def block(field, data): return varint(field << 3 | 2) + varint(len(data)) + data

classic = b"".join(block(3, number(1, n) + double(2, le)) for n, le in ((3, 1.0), (4, 2.0)))
native = number(5, 0) + double(6, 2.0**-128) + number(7, 0) + block(12, number(1, 0) + number(2, 2)) + block(13, varint(6) + varint(3))
histogram = number(1, 4) + double(2, 3.5) + classic + native
wait = block(1, b"wait_seconds") + number(3, 4) + block(4, block(7, histogram))
work = block(1, b"work_total") + number(3, 0) + block(4, block(3, double(1, 7)))
sys.stdout.buffer.write(b"".join(varint(len(family)) + family for family in (wait, work)))
PYTHON
page "$work/metrics" "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited"

try() { # SUITE NAME SETTING
    cat >"$work/$2.yml" <<END
global: {scrape_interval: 1s}
scrape_configs:
  - job_name: page
    $3
    static_configs: [{targets: ["127.0.0.1:$page_port"]}]
END
    prometheus "$1" "$2" --enable-feature=created-timestamp-zero-ingestion
    for ((i = 0; i < 50; i++)); do [ "$(value work_total)" = nothing ] || break; sleep 0.2; done
    echo "$2: up $(value up), counter $(value work_total), wait_seconds $(value wait_seconds)," \
        "classic series $(value 'count({__name__=~"wait_seconds_.*"})')," \
        "warnings $(grep -ciE 'level=(warn|error)' "$work/$2.log" || true)"
}
debian trixie trixie prometheus=2.53.3+ds1-2
debian sid sid prometheus=3.5.3+ds1-6
{
    try trixie 2.53.3 ""
    try trixie 2.53.3-classic "scrape_classic_histograms: true"
    try sid 3.5.3 ""
    try sid 3.5.3-classic "always_scrape_classic_histograms: true"
} >"$work/seen"

seen <<'END'
2.53.3: up 1, counter 7, wait_seconds 0, classic series nothing, warnings 0
2.53.3-classic: up 1, counter 7, wait_seconds 0, classic series 5, warnings 0
3.5.3: up 1, counter 7, wait_seconds nothing, classic series nothing, warnings 0
3.5.3-classic: up 1, counter 7, wait_seconds nothing, classic series 5, warnings 0
END
