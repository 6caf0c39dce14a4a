/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * When the calls began that are being timed; for syscalls.bpf.c.
 *
 * Where all are, with their tasks. Where some are, in an array by the low bits of the pid, which every exit looks at. A
 * place is taken by a call that begins and given back as that ends; where another task's call has it, which no call's
 * own duration has a part in, the call is not timed.
 */
#pragma once
#include "kernel.h"

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, u64);
} syscall_storage SEC(".maps");

/* By address of the task, where there is no task storage (before 5.12). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} syscall_tasks SEC(".maps");

/*
 * The stamp, of 56 bits, above a byte that tells whose it is: the upper bits of the pid, which has 22, and a bit that
 * is always set. One word, so that it is whole whoever writes it; 0: free.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u64);
} syscall_begins SEC(".maps");

#define OWNER_TAKEN 0x80
#define OWNER_MASK  0xff
#define STAMP_SHIFT 8

static __always_inline u64 *place_of(u32 pid)
{
	u32 key = pid & (SYSCALL_BEGINS - 1);

	return bpf_map_lookup_elem(&syscall_begins, &key);
}

static __always_inline u64 owner_of(u32 pid)
{
	return OWNER_TAKEN | pid / SYSCALL_BEGINS;
}

static __always_inline u64 *hashed_begin(bool create)
{
	u64 key = bpf_get_current_task(), none = 0, *begin;

	begin = bpf_map_lookup_elem(&syscall_tasks, &key);
	if (begin || !create)
		return begin;
	bpf_map_update_elem(&syscall_tasks, &key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&syscall_tasks, &key);
}

static __always_inline u64 *stored_begin(bool create)
{
	if (!config.task_storage)
		return hashed_begin(create);
	return bpf_task_storage_get(&syscall_storage, bpf_get_current_task_btf(), 0,
				    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
}

/* Notes that the running task begins a call. Returns false where there was no memory for that. */
static __always_inline bool begin_call(void)
{
	u64 *begin, owner;
	u32 pid;

	if (config.timing == TIMING_ALL) {
		begin = stored_begin(true);
		if (begin)
			*begin = bpf_ktime_get_ns();
		return begin;
	}
	pid = bpf_get_current_pid_tgid();
	begin = place_of(pid);
	owner = owner_of(pid);
	if (begin && (!*begin || (*begin & OWNER_MASK) == owner))
		*begin = bpf_ktime_get_ns() << STAMP_SHIFT | owner;
	return true;
}

/* How long the call took that the running task has been in; false where nobody knows. */
static __always_inline bool take_begin(u64 *ns)
{
	u64 *begin, stamp, now;
	u32 pid;

	if (config.timing == TIMING_ALL) {
		begin = stored_begin(false);
		if (!begin || !*begin)
			return false;
		stamp = *begin;
		*begin = 0;
		*ns = elapsed_since(stamp);
		return stamp > watched_since;
	}
	pid = bpf_get_current_pid_tgid();
	begin = place_of(pid);
	if (!begin)
		return false;
	stamp = *begin;
	if ((stamp & OWNER_MASK) != owner_of(pid))
		return false;
	*begin = 0;
	now = bpf_ktime_get_ns();
	/* of 56 bits, and of either sign */
	*ns = not_negative((__s64)((now << STAMP_SHIFT) - (stamp & ~(u64)OWNER_MASK)) >> STAMP_SHIFT);
	return *ns < now - watched_since;
}

/* The running task ends. */
static __always_inline void forget_begin(void)
{
	u64 *begin, key;
	u32 pid;

	if (config.timing == TIMING_ALL) {
		if (!config.task_storage) {
			key = bpf_get_current_task();
			bpf_map_delete_elem(&syscall_tasks, &key);
		}
		return;
	}
	pid = bpf_get_current_pid_tgid();
	begin = place_of(pid);
	if (begin && (*begin & OWNER_MASK) == owner_of(pid))
		*begin = 0;
}

/* The running task, which is in a call, has another pid from now on. */
static __always_inline void move_begin(u32 from, u32 to)
{
	u64 *old = place_of(from), *new = place_of(to), stamp;

	if (from == to || !old || !new)
		return;
	stamp = *old;
	if ((stamp & OWNER_MASK) != owner_of(from))
		return;
	*old = 0;
	if (!*new)
		*new = (stamp & ~(u64)OWNER_MASK) | owner_of(to);
}
