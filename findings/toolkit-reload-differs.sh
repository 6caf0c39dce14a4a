#!/bin/bash
# A web configuration that serves today keeps the exporter from starting tomorrow
#
# Software: node_exporter 1.11.1 with exporter-toolkit 0.17.1 (Debian sid, prometheus-node-exporter).
# Expected: the toolkit's documentation says that the file is read anew at each request and handshake, so what is
#   taken then is good; and that rate_limit takes an interval and a burst, each with a meaning of its own.
# Seen: a cipher list without an AES_128_GCM_SHA256 suite put into the file of a running exporter is taken at once and
#   served with. The same file ends the next start: HTTP/2 wants the missing suite. So the fault shows at the next
#   reboot. rate_limit is read at the start only; an interval without a burst answers 429 to every request, however
#   rare, at the first already.
# For exporters: a reload proves nothing about a restart.
#   wattprobe: when it takes this file, one check is to serve both, and such settings are to be named in the log as
#   they are read.
. "$(dirname "$0")/lib.sh"
need curl openssl
debian exporter sid prometheus-node-exporter=1.11.1-3
openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout "$work/key" -out "$work/certificate" 2>/dev/null
tls="tls_server_config: {cert_file: $work/certificate, key_file: $work/key"
list="cipher_suites: [TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384]"

start() { # a TEXT as configuration; $address, $running
    address=127.0.0.1:$(free_port)
    echo "$1" >"$work/web.yml"
    background exporter.log "$work/exporter/usr/bin/prometheus-node-exporter" --collector.disable-defaults \
        --web.config.file="$work/web.yml" --web.listen-address="$address"
    sleep 2
    kill -0 "${pids[-1]}" 2>/dev/null && running="is running" ||
        running="ended: $(grep -o 'http2: TLSConfig.CipherSuites is missing an HTTP/2-required' "$work/exporter.log" | head -n 1)…"
}
ask() { curl -sSk -o "$work/answer" --tls-max 1.2 -w '%{http_code}' "$1://$address/metrics" 2>/dev/null || echo " (curl: $?)"; }
thrice() { for _ in 1 2 3; do ask http; echo; sleep 2; done | xargs; }
{
    start "$tls}"
    echo "without a list: $running, status $(ask https)"
    echo "$tls, $list}" >"$work/web.yml"
    suite=$(openssl s_client -tls1_2 -connect "$address" </dev/null 2>/dev/null | sed -n 's/^ *Cipher *: //p')
    echo "the list put in: status $(ask https), suite $suite"
    kill "${pids[-1]}"
    start "$tls, $list}"
    echo "the same file at a start: $running"
    start "rate_limit: {interval: 1s}"
    echo "an interval of 1 s without a burst: $(thrice)"
    echo "rate_limit: {interval: 1s, burst: 5}" >"$work/web.yml"
    echo "a burst of 5 put in: $(thrice)"
    start "rate_limit: {interval: 1s, burst: 5}"
    echo "with it from the start: $(thrice)"
} >"$work/seen"

seen <<'END'
without a list: is running, status 200
the list put in: status 200, suite ECDHE-RSA-AES256-GCM-SHA384
the same file at a start: ended: http2: TLSConfig.CipherSuites is missing an HTTP/2-required…
an interval of 1 s without a burst: 429 429 429
a burst of 5 put in: 429 429 429
with it from the start: 200 200 200
END
