#!/bin/bash
# One late sample takes its neighbours with it, or does not, under the same status
#
# Software: Prometheus 3.5.3 (Debian sid) as receiver of remote write, VictoriaMetrics 1.145.0 (Debian sid) beside it.
# Expected: the remote-write specification lets a receiver take some samples and refuse others, and 400 says that a
#   retry is of no use; so what could be stored is stored, in each version of the protocol.
# Seen: a request of three series, one of which is older than what is there: by version 1.0 nothing of it is stored,
#   not even the two good ones, by 2.0 the two are; the answer is 400 "out of order sample" both times, and the
#   sender, as told, drops the request. VictoriaMetrics answers 204 and stores all three, the late one as well.
# For exporters: two senders of one job and instance, or a backfill beside an agent, cost others their samples.
#   wattprobe: is scraped; a delivery of its own would send each series in order of time, or by 2.0, and read back in
#   its test.
. "$(dirname "$0")/lib.sh"
need curl jq python3
debian server sid prometheus=3.5.3+ds1-6
debian victoria sid victoria-metrics=1.145.0+ds1-2

cat >"$work/request.py" <<'PYTHON'
import struct
import sys

def varint(n): return bytes([n & 127 | 128]) + varint(n >> 7) if n > 127 else bytes([n])
def number(field, n): return varint(field << 3) + varint(n)
def block(field, data): return varint(field << 3 | 2) + varint(len(data)) + data

version, now, samples = sys.argv[1], int(sys.argv[2]), [argument.split("@") for argument in sys.argv[3:]]
symbols, series = ["", "__name__"] + [name for name, _ in samples], b""
for i, (name, ago) in enumerate(samples):
    sample = block(2, b"\x09" + struct.pack("<d", 1) + number(2, (now - int(ago)) * 1000))
    if version == "1.0":
        series += block(1, block(1, block(1, b"__name__") + block(2, name.encode())) + sample)
    else:
        series += block(5, block(1, varint(1) + varint(2 + i)) + sample)
body = series if version == "1.0" else b"".join(block(4, s.encode()) for s in symbols) + series
literals = b"".join(bytes([60 << 2, len(part) - 1]) + part for part in (body[i : i + 256] for i in range(0, len(body), 256)))
sys.stdout.buffer.write(varint(len(body)) + literals)
PYTHON
now=$(date +%s)
send() { # VERSION NAME@SECONDS_AGO...
    local proto=prometheus.WriteRequest
    [ "$1" = 1.0 ] || proto=io.prometheus.write.v2.Request
    python3 "$work/request.py" "$1" "$now" "${@:2}" >"$work/request"
    curl -sS -o "$work/answer" -w '%{http_code}' "$server/api/v1/write" --data-binary @"$work/request" -H "Content-Encoding: snappy" \
        -H "Content-Type: application/x-protobuf;proto=$proto" -H "X-Prometheus-Remote-Write-Version: $1.0"
}
stored() { for name in early late good; do echo -n " $name $(value "count_over_time(${1}_${name}[5m])" "$now")"; done; }
try() { # NAME VERSION
    send "$2" "${1}_late@10" >/dev/null
    status=$(send "$2" "${1}_early@5" "${1}_late@60" "${1}_good@5")
    echo -n "${1%_*}, version $2: status $status ($(grep -o 'out of order sample' "$work/answer" || echo no text))"
    [ "$1" != victoria_1 ] || curl -sS "$server/internal/force_flush"
    echo "; samples:$(stored "$1")"
}
echo "scrape_configs: []" >"$work/prometheus.yml"
{
    prometheus server prometheus --web.enable-remote-write-receiver
    try prometheus_1 1.0
    try prometheus_2 2.0
    victoria victoria -search.latencyOffset=0s
    try victoria_1 1.0
} >"$work/seen"

seen <<'END'
prometheus, version 1.0: status 400 (out of order sample); samples: early nothing late 1 good nothing
prometheus, version 2.0: status 400 (out of order sample); samples: early 1 late 1 good 1
victoria, version 1.0: status 204 (no text); samples: early 1 late 2 good 1
END
