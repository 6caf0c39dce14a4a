/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What pagecache.bpf.c keeps: one pagecache_cpu per CPU, in pages. */
#pragma once
#include <linux/types.h>

struct pagecache_cpu {
	__u64 accesses;
	__u64 insertions;
	__u64 dirtied;
	__u64 padding[5];
};

struct pagecache_config {
	__u32 page_shift;
};
