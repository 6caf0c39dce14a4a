#!/bin/bash
# Following a trusted pointer costs the verifier a search through all of the kernel's types, each time
#
# Software: the kernel's verifier (seen on Linux 6.18); types are read with bpftool 7.1.0+6.1.176 (Debian bookworm).
# Expected: loading a program takes time by its length: 64 reads of `task->real_parent` in a row some tens of microseconds,
#   whether the pointer is followed directly, as a tp_btf program may, or by bpf_probe_read_kernel.
# Seen: where the pointer that is followed is trusted (an argument of the tracepoint), each read takes half a millisecond: the
#   verifier looks for names such as `task_struct__safe_rcu` in all of the kernel's types (btf_find_by_name_kind), one after
#   the other, at each visit of the instruction. In loops it visits them again and again. The same reads through
#   bpf_probe_read_kernel take next to nothing.
# For exporters: a pointer is to be followed once and kept, and chains are to be walked without trust (bpf_probe_read_kernel,
#   bpf_rdonly_cast). wattprobe: walks to ancestors so, which took its start from 0.26 to 0.17 s.
. "$(dirname "$0")/lib.sh"
need python3
debian tool bookworm bpftool=7.1.0+6.1.176-1
[ "$(id -u)" = 0 ] || skip "only root may load such programs"
[ -r /sys/kernel/btf/vmlinux ] || skip "the kernel shows no types"
"$work/tool/usr/sbin/bpftool" btf dump file /sys/kernel/btf/vmlinux >"$work/types"
cat >"$work/load.py" <<'PYTHON'
import ctypes
import os
import re
import struct
import sys
import time

READS, RUNS = 64, 9
SYSCALLS = {"x86_64": 321, "aarch64": 280}
PROG_LOAD, TRACING, TRACE_RAW_TP = 5, 26, 23
PROBE_READ_KERNEL = 113
libc = ctypes.CDLL(None, use_errno=True)

types = open(sys.argv[1]).read()
hook = int(re.search(r"^\[(\d+)\] TYPEDEF 'btf_trace_sched_process_exit'", types, re.M)[1])
task = re.search(r"^\[\d+\] STRUCT 'task_struct' .*\n((?:\t.*\n)*)", types, re.M)[1]
parent = int(re.search(r"'real_parent' .*bits_offset=(\d+)", task)[1]) // 8


def instruction(code, to=0, source=0, offset=0, value=0):
    return struct.pack("<BBhi", code, source << 4 | to, offset, value)


def load(instructions):
    """The seconds that the verifier takes, the least of some."""
    code = b"".join(instructions)
    program = ctypes.create_string_buffer(code)
    licence = ctypes.create_string_buffer(b"GPL")
    times = []
    for _ in range(RUNS):
        attributes = bytearray(128)
        struct.pack_into(
            "<IIQQ", attributes, 0, TRACING, len(code) // 8, ctypes.addressof(program), ctypes.addressof(licence))
        struct.pack_into("<I", attributes, 68, TRACE_RAW_TP)
        struct.pack_into("<I", attributes, 108, hook)
        buffer = (ctypes.c_char * len(attributes)).from_buffer(attributes)
        begin = time.perf_counter()
        descriptor = libc.syscall(SYSCALLS[os.uname().machine], PROG_LOAD, buffer, len(attributes))
        times.append(time.perf_counter() - begin)
        if descriptor < 0:
            print(f"the program is refused: {os.strerror(ctypes.get_errno())}", file=sys.stderr)
            sys.exit(77)
        os.close(descriptor)
    return min(times)


begin = [instruction(0x79, to=6, source=1)]  # r6 = the task, which is trusted
end = [instruction(0xB7, to=0), instruction(0x95)]  # return 0
direct = [instruction(0x79, to=7, source=6, offset=parent)]  # r7 = r6->real_parent
called = [
    instruction(0xBF, to=1, source=10), instruction(0x07, to=1, value=-8), instruction(0xB7, to=2, value=8),
    instruction(0xBF, to=3, source=6), instruction(0x07, to=3, value=parent), instruction(0x85, value=PROBE_READ_KERNEL)]
nothing = load(begin + end)
for name, reads in (("followed directly", direct), ("bpf_probe_read_kernel", called)):
    each = (load(begin + reads * READS + end) - nothing) / READS * 1e6
    print(f"{name}: {each:.1f} us a read", file=sys.stderr)
    # the kernel's types are some hundred thousand names: a search of them takes hundreds of microseconds on any machine
    print(f"{name}: {'a search of all types' if each > 100 else 'no search'} for each read")
PYTHON
echo "Linux $(uname -r), $(grep -c '^\[' "$work/types") types" >&2
status=0
python3 "$work/load.py" "$work/types" >"$work/seen" || status=$?
[ "$status" != 77 ] || skip "the kernel takes no such program"
if [ "$status" = 0 ] && ! grep -q "a search of all types" "$work/seen"; then
    echo "this kernel ($(uname -r)) does not search: the behaviour is gone, or not there yet (before Linux 6.3)"
fi

seen <<'END'
followed directly: a search of all types for each read
bpf_probe_read_kernel: no search for each read
END
