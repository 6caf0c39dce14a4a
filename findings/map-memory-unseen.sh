#!/bin/bash
# What an empty eBPF hash takes for each CPU is in no figure of the map
#
# Software: bpftool 7.1.0+6.1.176 (Debian bookworm); the memory and its figure are the kernel's (seen on Linux 6.18).
# Expected: `bytes_memlock` of `bpftool map show` (memlock in fdinfo) is what a map takes, exactly so since it is counted by
#   each kind of map (6.4); a map that is not filled beforehand (BPF_F_NO_PREALLOC) takes little while it is empty.
# Seen: of hashes by CPU that are filled beforehand it tells all; of empty ones that are not, a tenth or less: they keep
#   a free element ready for each CPU, each element has a value for each CPU, and neither is told. So it grows
#   with the square of the number of CPUs: with two it is 15 KB a map of 4 KB values, with 256 it would be 256 MB (reckoned).
# For exporters: a hash by CPU is to be filled beforehand, or to be an array; and the sum of memlock is a lower bound.
#   wattprobe: its hashes by CPU that are on by default were turned into arrays; wattprobe_bpf_map_bytes says what memlock
#   says.
. "$(dirname "$0")/lib.sh"
need python3
debian tool bookworm bpftool=7.1.0+6.1.176-1
[ "$(id -u)" = 0 ] || skip "only root may make eBPF maps"
bpffs=$work/bpffs
mkdir "$bpffs"
cat >"$work/measure.sh" <<'SH'
set -eu
tool=$1 bpffs=$2
mount -t bpf bpf "$bpffs" || exit 77
percpu() { awk '$1 == "Percpu:" {print $2}' /proc/meminfo; }
measure() { # NAME FLAGS
    before=$(percpu)
    for i in $(seq 200); do
        "$tool" map create "$bpffs/$1$i" type percpu_hash key 4 value 4000 entries 16 name "$1" flags "$2" || exit 77
    done
    told=$("$tool" -j map show | python3 -c '
import json, sys
print(sum(m["bytes_memlock"] for m in json.load(sys.stdin) if m.get("name") == sys.argv[1]) // 1024)' "$1")
    sleep 1
    echo "$told $(($(percpu) - before))"
    rm "$bpffs/$1"*
    sleep 1
}
measure filled 0
measure empty 1
SH
unshare --mount bash "$work/measure.sh" "$work/tool/usr/sbin/bpftool" "$bpffs" >"$work/figures" || skip "no maps, or no bpf file system, here"
cat "$work/figures" >&2
python3 - "$work/figures" >"$work/seen" <<'PYTHON'
import sys

for name, line in zip(("filled beforehand", "empty, not filled beforehand"), open(sys.argv[1])):
    told, taken = map(int, line.split())
    share = "at least what they take" if told >= 0.9 * taken else "a fifth or less of what they take" if told <= taken / 5 else "a part"
    print(f"hashes by CPU, {name}: told is {share}")
PYTHON

seen <<'END'
hashes by CPU, filled beforehand: told is at least what they take
hashes by CPU, empty, not filled beforehand: told is a fifth or less of what they take
END
