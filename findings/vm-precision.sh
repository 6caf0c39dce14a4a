#!/bin/bash
# One large reading takes the digits of the small ones beside it
#
# Software: VictoriaMetrics 1.145.0 (Debian sid).
# Expected: the flag -precisionBits is 64 by default, "lower precision bits improves data compression at the cost of
#   precision loss", so that at 64 nothing is lost: a float64 comes back as it was sent.
# Seen: a series is stored as whole numbers with one power of ten for a whole block of samples. After one reading of
#   10^12 its neighbours of some microjoules come back with one digit (1.27e-06 as 1e-06), after one of 10^15 as 0,
#   also those written before it (VictoriaMetrics/VictoriaMetrics#9448, closed; it is so in 1.145.0). Without any
#   neighbour the 17th digit is lost, too: 0.30000000000000004 is 0.3.
# For exporters: one wrong reading spoils what was right, within the same series, for good.
#   wattprobe: energy is kept in whole microjoules; a reading that falls is held back, one that leaps up is to be, too
#   (WrapSafeCounter).
. "$(dirname "$0")/lib.sh"
need curl jq

debian victoria sid victoria-metrics=1.145.0+ds1-2
start=$((($(date +%s) / 60 - 20) * 60))

sent() { # NAME VALUE...
    local name=$1 t=$start v
    shift
    for v; do
        echo "$name $v ${t}000"
        t=$((t + 10))
    done
}
victoria victoria
{
    sent alone 0.30000000000000004 0.00000127 0.00000128
    sent after_1e12 0.00000127 0.00000128 1000000000000 0.00000129
    sent after_1e15 0.00000127 0.00000128 1000000000000000 0.00000129
} | curl -sS --data-binary @- "$server/api/v1/import/prometheus"
curl -sS "$server/internal/force_flush"
curl -sS "$server/api/v1/export" -d 'match[]={__name__=~"alone|after_.*"}' |
    jq -r '"\(.metric.__name__): \(.values | map(tostring) | join(" "))"' |
    sort >"$work/seen"

seen <<'END'
after_1e12: 1e-06 1e-06 1000000000000 1e-06
after_1e15: 0 0 1000000000000000 0
alone: 0.3 1.27e-06 1.28e-06
END
