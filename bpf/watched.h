/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/*
 * The processes that have series of their own, by tgid: user space makes and removes the entries. One map, which every
 * object that counts by process shares, and so the next one.
 */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct watched_process);
} watched SEC(".maps");

/* Bit tgid % WATCHED_BITS is set where there may be an entry: most processes have none, and looking for it costs. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, WATCHED_BITS / 64);
	__type(key, u32);
	__type(value, u64);
} watched_bits SEC(".maps");

static __always_inline struct watched_process *find_watched(u32 tgid)
{
	u32 index = tgid % WATCHED_BITS / 64;
	u64 *bits = bpf_map_lookup_elem(&watched_bits, &index);

	return bits && *bits >> tgid % 64 & 1 ? bpf_map_lookup_elem(&watched, &tgid) : NULL;
}

/* The entry of a task's process; NULL where it has none, or where that is of an earlier process with the same id. */
static __always_inline struct watched_process *watched_process(struct task_struct *task)
{
	struct watched_process *watch = find_watched(task->tgid);

	if (watch && watch->start_ns != task->group_leader->start_boottime)
		return NULL;
	return watch;
}
