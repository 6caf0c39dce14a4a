#!/bin/bash
# A client library calls its page whatever version it was asked for
#
# Software: prometheus_client 0.26.0 (PyPI), its own HTTP server.
# Expected: RFC 9110 12.4.2: a type or coding with q=0 is not acceptable, and of two the one with the larger q is
#   preferred. The version in the answer's Content-Type is that of the page.
# Seen: the version asked for is written into the answer and the page stays what it was: the same bytes are 1.0.0,
#   2.0.0 (whose draft writes histograms otherwise) and 7.5.0: the first reader that offers a newer version is misled.
#   q is not read at all: OpenMetrics at q=0 is sent in place of plain text at q=1, and gzip at q=0 is answered with
#   gzip.
# For exporters: a version may be claimed only where it is written.
#   wattprobe: answers 1.0.0 or text 0.0.4 by the q of each, and no version that it does not write; NegotiationTests
#   has such headers.
. "$(dirname "$0")/lib.sh"
need curl
python_packages prometheus-client==0.26.0

port=$(free_port)
cat >"$work/exporter.py" <<PYTHON
import time
from prometheus_client import CollectorRegistry, Counter, Histogram, start_http_server
registry = CollectorRegistry()
Counter("work", "Work.", registry=registry).inc()
Histogram("wait_seconds", "Wait.", buckets=(1, 2), registry=registry).observe(1.5)
start_http_server($port, "127.0.0.1", registry)
time.sleep(60)
PYTHON
background exporter.log "$work/venv/bin/python" "$work/exporter.py"
answers "http://127.0.0.1:$port/metrics"

ask() { # HEADER
    curl -sS -D "$work/head" -o "$work/body" -H "$1" "http://127.0.0.1:$port/metrics"
    tr -d '\r' <"$work/head" |
        sed -n "s/^Content-Type: \([^;]*; version=[0-9.]*\).*/\1/p; s/^Content-Encoding: /in /p" | xargs echo "$1 ->"
}
{
    for version in 1.0.0 2.0.0 7.5.0; do
        ask "Accept: application/openmetrics-text;version=$version" >"$work/line"
        cp "$work/body" "$work/body-$version"
        cmp -s "$work/body-1.0.0" "$work/body-$version" && page="the same page as 1.0.0" || page="a page of its own"
        echo "$(cat "$work/line"), $page"
    done
    ask "Accept: application/openmetrics-text;version=1.0.0;q=0, text/plain;version=0.0.4"
    ask "Accept: application/openmetrics-text;version=1.0.0;q=0.1, text/plain;version=0.0.4;q=0.9"
    ask "Accept-Encoding: gzip;q=0, identity"
} >"$work/seen"

seen <<'END'
Accept: application/openmetrics-text;version=1.0.0 -> application/openmetrics-text; version=1.0.0, the same page as 1.0.0
Accept: application/openmetrics-text;version=2.0.0 -> application/openmetrics-text; version=2.0.0, the same page as 1.0.0
Accept: application/openmetrics-text;version=7.5.0 -> application/openmetrics-text; version=7.5.0, the same page as 1.0.0
Accept: application/openmetrics-text;version=1.0.0;q=0, text/plain;version=0.0.4 -> application/openmetrics-text; version=1.0.0
Accept: application/openmetrics-text;version=1.0.0;q=0.1, text/plain;version=0.0.4;q=0.9 -> application/openmetrics-text; version=1.0.0
Accept-Encoding: gzip;q=0, identity -> text/plain; version=0.0.4 in gzip
END
