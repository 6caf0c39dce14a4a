#!/bin/bash
# One imported sample of the future deletes the history
#
# Software: Prometheus and promtool 2.53.3 (Debian trixie) and 3.5.3 (Debian sid).
# Expected: retention is "how long to retain samples" (15 days by default), that is, by the clock: nothing of the last
#   days may go.
# Seen: a block's age is counted from the newest block there is. A page with one sample of next month (a clock that
#   ran ahead while it was recorded) is imported with exit status 0; at its next start the server deletes every block
#   of the last days, at level info, and is ready. The sample of the future stays.
# For exporters: a tool that writes recordings for import can empty the server that takes them.
#   wattprobe: an export of recordings is to refuse times beyond now.
. "$(dirname "$0")/lib.sh"
need curl jq

now=$(date +%s)
echo "scrape_configs: []" >"$work/empty.yml"
for release in "trixie 2.53.3+ds1-2" "sid 3.5.3+ds1-6"; do
    read -r suite version <<<"$release"
    debian "$suite" "$suite" "prometheus=$version" "promtool=$version"
    name=server-${version%%+*}
    cp "$work/empty.yml" "$work/$name.yml"
    mkdir "$work/$name"
    import() { # SECONDS_AGO...
        local ago
        {
            echo "# TYPE joules counter"
            for ago; do echo "joules_total $((9000000 - ago)) $((now - ago))"; done
            echo "# EOF"
        } >"$work/page"
        "$work/$suite/usr/bin/promtool" tsdb create-blocks-from openmetrics "$work/page" "$work/$name" >/dev/null
    }
    history() {
        prometheus "$suite" "$name"
        echo "$name, $1: $(value 'count_over_time(joules_total[4d])') samples of the last days," \
            "$(value 'count_over_time(joules_total[1h])' $((now + 2592000))) of next month"
        kill "${pids[-1]}"
        while kill -0 "${pids[-1]}" 2>/dev/null; do sleep 0.1; done
    }
    import 259200 259190 172800 172790 86400 86390
    history before
    import -2592000
    history after
done >"$work/seen"

seen <<'END'
server-2.53.3, before: 6 samples of the last days, nothing of next month
server-2.53.3, after: nothing samples of the last days, 1 of next month
server-3.5.3, before: 6 samples of the last days, nothing of next month
server-3.5.3, after: nothing samples of the last days, 1 of next month
END
