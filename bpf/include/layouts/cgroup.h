/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* How control groups are known: process.bpf.c and sched.bpf.c have keys of them. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

/* Ids are numbered anew in each hierarchy. */
enum cgroup_hierarchy {
	HIERARCHY_UNIFIED,
	HIERARCHY_CPU,
	HIERARCHY_CPUACCT,
	HIERARCHY_MEMORY,
	HIERARCHY_TREES, /* no control groups but trees of processes, by number from 1 on; 0: what is in none */
};

/* All zero: every group without an entry of its own. */
struct cgroup_key {
	__u64 id;
	__u32 hierarchy; /* enum cgroup_hierarchy */
	__u32 unused;
} SWIFT_NAME(CgroupKey);

/* Waits for a CPU of the tasks of one group; of each CPU one. */
struct cgroup_waits {
	struct histogram runqueue;
} SWIFT_NAME(CgroupWaits);
