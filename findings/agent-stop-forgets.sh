#!/bin/bash
# The agent bridges an outage of its endpoint, not its own restart
#
# Software: Prometheus 3.5.3 (Debian sid) as agent (--agent), and as the endpoint that it writes to.
# Expected: the documentation of the agent mode promises a write-ahead log that is kept until what it holds was sent
#   or is too old (--storage.agent.retention.max-time, 4 h by default), so what was scraped during an outage comes
#   with the endpoint.
# Seen: it does while the agent runs on. An orderly stop (SIGTERM) during the outage waits for the whole flush
#   deadline (a minute by default, 3 s here) with nothing to send to; the next start sends nothing of what lies before
#   it, and says nothing about it (prometheus/prometheus#8809, #13539).
# For exporters: gaps at agent upgrades look like gaps of the exporter, and an init system that waits less kills it.
#   wattprobe: to be said where delivery is described (no upgrade during an outage, a longer stop timeout); a delivery
#   of its own keeps a position.
. "$(dirname "$0")/lib.sh"
need curl jq
debian server sid prometheus=3.5.3+ds1-6

echo "# TYPE power_watts gauge
power_watts 10" >"$work/metrics"
page "$work/metrics" "text/plain; version=0.0.4"
port=$(free_port)
cat >"$work/agent.yml" <<END
global: {scrape_interval: 1s}
scrape_configs: [{job_name: page, static_configs: [{targets: ["127.0.0.1:$page_port"]}]}]
remote_write: [{url: "http://127.0.0.1:$port/api/v1/write", queue_config: {max_backoff: 1s}}]
END
echo "scrape_configs: []" >"$work/endpoint.yml"

agent() {
    address=127.0.0.1:$(free_port)
    background agent.log "$work/server/usr/bin/prometheus" --agent --config.file="$work/agent.yml" --storage.agent.path="$work/agent" \
        --web.listen-address="$address" --storage.remote.flush-deadline=3s
    answers "http://$address/-/ready"
}
endpoint() {
    server=http://127.0.0.1:$port
    background endpoint.log "$work/server/usr/bin/prometheus" --config.file="$work/endpoint.yml" --storage.tsdb.path="$work/$1" \
        --web.listen-address="127.0.0.1:$port" --web.enable-remote-write-receiver
    answers "$server/-/ready"
}
stop() {
    kill "${pids[-1]}"
    while kill -0 "${pids[-1]}" 2>/dev/null; do sleep 0.1; done
}
delivered() { # FROM TO: whether at least half of the samples between are there
    sleep 8
    local n
    n=$(value "count_over_time(power_watts[$(($2 - $1))s])" "$2")
    [ "$n" != nothing ] && [ "$n" -ge $((($2 - $1) / 2)) ] && echo delivered || echo lost
}
{
    for how in "runs on" "is stopped and started"; do
        agent
        from=$(date +%s)
        sleep 10
        to=$(date +%s)
        if [ "$how" != "runs on" ]; then
            stop
            took=$(($(date +%s) - to))
            echo "the stop took the flush deadline: $((took >= 3))"
            agent
        fi
        endpoint "endpoint-${how%% *}"
        echo "10 s without the endpoint, the agent $how: what was scraped meanwhile is $(delivered "$from" "$to")"
        stop
        kill -KILL "${pids[-2]}"
        rm -rf "$work/agent"
    done
} >"$work/seen"

seen <<'END'
10 s without the endpoint, the agent runs on: what was scraped meanwhile is delivered
the stop took the flush deadline: 1
10 s without the endpoint, the agent is stopped and started: what was scraped meanwhile is lost
END
