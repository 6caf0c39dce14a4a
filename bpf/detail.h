/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Figures of the running process, for objects that count by process where user space asks for it. */
#pragma once
#include "watched.h"

/* The entry of the running process; NULL where it has none. */
static __always_inline struct watched_process *current_watched(void)
{
	struct watched_process *watch = find_watched(bpf_get_current_pid_tgid() >> 32);
	struct task_struct *task;
	u64 start;

	if (!watch)
		return NULL;
	/* since 5.11 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = bpf_get_current_task_btf();
		start = task->group_leader->start_boottime;
	} else {
		task = (void *)bpf_get_current_task();
		start = BPF_CORE_READ(task, group_leader, start_boottime);
	}
	return watch->start_ns == start ? watch : NULL;
}

/* Adds to a figure of the running process, or where it has no entry to `sum`, which is that of all others. */
#define add_detail(member, sum, amount)                                                                                \
	({                                                                                                             \
		struct watched_process *watch = current_watched();                                                     \
		atomic_add(watch ? &watch->detail.member : (sum), amount);                                             \
	})
