/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What pagecache.bpf.c keeps: one pagecache_cpu per CPU, in pages. */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

struct pagecache_cpu {
	__u64 accesses;
	__u64 insertions;
	__u64 dirtied;
	__u64 unwatched_accesses; /* with detail: of processes without series of their own */
	__u64 unwatched_insertions;
	__u64 unwatched_dirtied;
	__u64 padding[2];
} SWIFT_NAME(PagecachePerCPU);

struct pagecache_config {
	__u32 page_shift;
	__u32 detail; /* count by process, too */
} SWIFT_NAME(PagecacheConfig);
