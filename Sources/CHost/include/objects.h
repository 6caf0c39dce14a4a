// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/* What the kernel tells of an eBPF program or map that is loaded, whosever it is. */
struct chost_bpf_object {
	uint32_t id;
	/* enum bpf_prog_type, enum bpf_map_type */
	uint32_t type;
	/* Of a program, while run-time statistics are on. */
	uint64_t run_time_ns;
	uint64_t runs;
	/* `memlock` of its fdinfo; all bits: it cannot be read. */
	uint64_t bytes;
	/* With a zero behind it. */
	char name[16];
};

#define CHOST_BPF_BYTES_UNKNOWN UINT64_MAX

/*
 * The object with the next higher id after `after`: what goes while it is asked for is left out (CAP_SYS_ADMIN).
 * `procfs` is a descriptor of the place that has `self/fdinfo`. Returns 0, -ENOENT where there is none, or another
 * negated errno.
 */
int chost_bpf_next(int procfs, bool is_map, uint32_t after, struct chost_bpf_object *object);
