/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The first task of all, whose namespaces are the host's: the parent of init, and so an ancestor of whoever runs, in
 * whatever namespaces that is itself.
 */
#pragma once
#include "kernel.h"

#define GENERATIONS 64

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct nsproxy {
	struct net *net_ns;
};

struct task_struct___ancestor {
	int pid;
	struct task_struct___ancestor *parent;
	struct task_struct___ancestor *real_parent;
	struct nsproxy *nsproxy;
};

#pragma clang attribute pop

/* The address of its network namespace; 0 where it is further away than that. */
static __always_inline u64 network_of_host(void)
{
	struct task_struct___ancestor *task;

	/* since 5.11; a kernel that is locked down lets programs follow pointers in this way alone */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		/*
		 * Its tracer, if it has one, descends from the first task as well. The verifier does not trust what
		 * `parent` points to; of pointers that follow `real_parent` from a trusted one it would look up in all
		 * of the kernel's types, for each generation, whether they are to be trusted (6.3 and later, 70 ms).
		 */
		task = ((struct task_struct___ancestor *)bpf_get_current_task_btf())->parent;
		for (int i = 0; i < GENERATIONS && task; i++) {
			if (!task->pid)
				return task->nsproxy ? (u64)task->nsproxy->net_ns : 0;
			task = task->real_parent;
		}
	} else {
		task = (void *)bpf_get_current_task();
		for (int i = 0; i < GENERATIONS && task; i++) {
			if (!BPF_CORE_READ(task, pid))
				return (u64)BPF_CORE_READ(task, nsproxy, net_ns);
			task = BPF_CORE_READ(task, real_parent);
		}
	}
	return 0;
}
