/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/*
 * The processes that have series of their own, by tgid: user space makes and removes the entries. One map, which every
 * object that counts by process shares.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct watched_process);
} watched SEC(".maps");

/* The entry of a task's process; NULL where it has none, or where that is of an earlier process with the same id. */
static __always_inline struct watched_process *watched_process(struct task_struct *task)
{
	u32 tgid = task->tgid;
	struct watched_process *watch = bpf_map_lookup_elem(&watched, &tgid);

	if (watch && watch->start_ns != task->group_leader->start_boottime)
		return NULL;
	return watch;
}
