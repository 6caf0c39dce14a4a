/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which tasks belong to a tree of processes whose use is told apart. */
#pragma once
#include "kernel.h"

/* A task of a tree, from its fork on. */
struct tree_task {
	u32 tree;
	/* Before the tree begins: nothing counts. */
	u8 waits;
	/* It has run for the last time: the sum of those that ended has it. */
	u8 has_ended;
	u8 offcpu_reason;
	u8 unused;
	u64 entered_at; /* stamp of the system call it is in */
	u64 blocked_at;
	/* Before the tree begins: when the task came to its CPU, and how long it had run by then. */
	u64 oncpu_at;
	u64 ran_ns;
};

/* One map: tree.bpf.c fills it, process.bpf.c has groups by it. */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct tree_task);
} tree_tasks SEC(".maps");
