#!/bin/bash
# A late sample is dropped in silence or ends the import, by how far behind it is
#
# Software: promtool 3.5.3 (Debian sid).
# Expected: the storage documentation says that create-blocks-from openmetrics takes a file in OpenMetrics format and
#   makes blocks of it; a sample that cannot be stored should end the import or be told, each time in the same way.
# Seen: samples are committed 5000 at a time. A sample older than one before it, within the same 5000, is left out
#   without a word and with exit status 0 (the table counts 100 of 101); behind 5000 others it ends the import ("out
#   of order sample"), and no block of that period is made. Of samples closer than a millisecond only the first stays:
#   20 samples 0.1 ms apart make 2, again status 0.
# For exporters: whoever records faster than the server scrapes, or whose clock steps back, loses samples unseen.
#   wattprobe: a recorder is to write each series in order, never twice in a millisecond, and to compare its count
#   with promtool's table.
. "$(dirname "$0")/lib.sh"

debian tool sid promtool=3.5.3+ds1-6
start=1795824000

samples() { # COUNT LATE_AFTER: a sample each second; after the one LATE_AFTER comes one of the time start + 10.5
    local i
    echo "# TYPE joules counter"
    for ((i = 0; i < $1; i++)); do
        echo "joules_total $i $((start + i))"
        [ "$i" != "$2" ] || echo "joules_total 10 $((start + 10)).5"
    done
    echo "# EOF"
}
import() { # WHAT: reads a page
    local status=0 stored
    cat >"$work/page"
    rm -rf "$work/blocks"
    "$work/tool/usr/bin/promtool" tsdb create-blocks-from openmetrics "$work/page" "$work/blocks" \
        >"$work/table" 2>"$work/error" || status=$?
    stored=$(awk '/m?s +[0-9]+ +[0-9]+ +1 /{n += $5} END {print n + 0}' "$work/table")
    echo "$1: exit $status, sent $(grep -c '^joules' "$work/page"), stored $stored" \
        "($(grep -o 'out of order sample' "$work/error" || echo no error))"
}
{
    samples 100 50 | import "late by 40 samples"
    samples 5100 4998 | import "late by 4988 samples"
    samples 5100 5000 | import "late by 4990 samples"
    {
        echo "# TYPE joules counter"
        for ((i = 0; i < 20; i++)); do printf 'joules_total %d %d.%04d\n' "$i" "$start" "$i"; done
        echo "# EOF"
    } | import "0.1 ms apart"
} >"$work/seen"

seen <<'END'
late by 40 samples: exit 0, sent 101, stored 100 (no error)
late by 4988 samples: exit 0, sent 5101, stored 5100 (no error)
late by 4990 samples: exit 1, sent 5101, stored 0 (out of order sample)
0.1 ms apart: exit 0, sent 20, stored 2 (no error)
END
