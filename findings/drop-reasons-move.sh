#!/bin/bash
# Why a packet was dropped is another number after a stable update
#
# Software: Debian trixie's kernels 6.12.107-1 and 6.12.117-1 (cloud, amd64), read with bpftool 7.1.0 (Debian
#   bookworm).
# Expected: a stable series only mends; what a tracepoint hands over keeps its meaning from 6.12.107 to 6.12.117, so
#   that a table of numbers made for 6.12 (a vmlinux.h in the tree, a static_map in an exporter's configuration) holds
#   for all of 6.12.
# Seen: enum skb_drop_reason, the third argument of kfree_skb, had values put into its middle: 43 of 100 names have
#   moved by three or four. 58 was CPU_BACKLOG and is FQ_BAND_LIMIT, 61 was UNHANDLED_PROTO and is CPU_BACKLOG.
#   Nothing fails: wrong names are shown.
# For exporters: numbers of enumerations come from the running kernel's BTF, never from the build.
#   wattprobe: reads the names from the running kernel's own BTF.
. "$(dirname "$0")/lib.sh"
need zstd
debian tool bookworm bpftool=7.1.0+6.1.176-1

reasons() { # VERSION: lines "NAME NUMBER"
    debian "kernel-$1" trixie "linux-image-$1+deb13-cloud-amd64=$1-1"
    python3 - "$work/kernel-$1"/boot/vmlinuz-* <<'PYTHON' | { zstd -dc 2>/dev/null || true; } >"$work/vmlinux"
import sys
image = open(sys.argv[1], "rb").read()
sys.stdout.buffer.write(image[image.index(b"\x28\xb5\x2f\xfd"):])
PYTHON
    "$work/tool/usr/sbin/bpftool" btf dump file "$work/vmlinux" format c |
        sed -n '/^enum skb_drop_reason {/,/^}/s/.*SKB_DROP_REASON_\([A-Z0-9_]*\) = \([0-9]*\),/\1 \2/p' | sort >"$work/reasons-$1"
    rm -rf "$work/kernel-$1" "$work/vmlinux"
}
name_of() { awk -v n="$1" '$2 == n {print $1}' "$work/reasons-$2"; }
reasons 6.12.107
reasons 6.12.117
{
    join "$work"/reasons-* | awk '
        {all++}
        $2 != $3 {moved++; by[$3 - $2]++}
        END {print all " names in both, moved: " moved; for (d in by) print by[d] " by " d}' | sort
    echo "name, number in 6.12.107, in 6.12.117:"
    join "$work"/reasons-* | grep -E '^(NOT_SPECIFIED|NO_SOCKET|CPU_BACKLOG|UNHANDLED_PROTO|NOMEM) '
    for number in 58 61; do
        echo "$number: $(name_of $number 6.12.107), then $(name_of $number 6.12.117)"
    done
} >"$work/seen"

seen <<'END'
100 names in both, moved: 43
37 by 4
6 by 3
name, number in 6.12.107, in 6.12.117:
CPU_BACKLOG 58 61
NOMEM 68 72
NOT_SPECIFIED 2 2
NO_SOCKET 3 3
UNHANDLED_PROTO 61 64
58: CPU_BACKLOG, then FQ_BAND_LIMIT
61: UNHANDLED_PROTO, then CPU_BACKLOG
END
