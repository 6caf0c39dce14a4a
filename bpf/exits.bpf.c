// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The death of thread groups: who ended how, after how long, having used how much. The kernel keeps what threads used
 * that were released before (signal_struct); those that still stand in the thread list are added here.
 */
#include "histogram.h"
#include "percpu.h"
#include <asm-generic/errno-base.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Threads that die together and are not released yet: at most one a CPU, and the leader as a zombie. */
#define UNRELEASED_THREADS 512

LANE_ARRAY(exits_cpus, exits_cpu)

struct group_key {
	u64 leader; /* its address, which a later group may have */
	u64 start;
};

/*
 * Two last threads may both find no other alive. The first to put the group in here is the one that counts; an entry is
 * needed for microseconds only, so the oldest may go.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct group_key);
	__type(value, u8);
} dying_groups SEC(".maps");

static __always_inline bool is_first_to_see(struct task_struct *leader)
{
	struct group_key key = {.leader = (u64)leader, .start = leader->start_boottime};
	u8 seen = 1;

	return bpf_map_update_elem(&dying_groups, &key, &seen, BPF_NOEXIST) != -EEXIST;
}

struct group_usage {
	u64 runtime;
	u64 voluntary;
	u64 involuntary;
};

static __always_inline void add_unreleased(struct signal_struct *signal, struct group_usage *usage)
{
	struct list_head *head = &signal->thread_head, *node = BPF_CORE_READ(signal, thread_head.next);

	for (int i = 0; i < UNRELEASED_THREADS && node && node != head; i++) {
		struct task_struct *task = (void *)node - bpf_core_field_offset(struct task_struct, thread_node);

		usage->runtime += BPF_CORE_READ(task, se.sum_exec_runtime);
		usage->voluntary += BPF_CORE_READ(task, nvcsw);
		usage->involuntary += BPF_CORE_READ(task, nivcsw);
		node = BPF_CORE_READ(node, next);
	}
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct signal_struct *signal = task->signal;
	struct task_struct *leader = task->group_leader;
	u32 policy, result, code;
	struct group_usage usage;
	struct exits_cpu *c;

	if (signal->live.counter != 0)
		return 0;
	/* another may have been here, counted and been released since: it left its run time */
	if ((signal->nr_threads > 1 || signal->sum_sched_runtime) && !is_first_to_see(leader))
		return 0;
	c = this_lane();
	if (!c)
		return 0;

	usage.runtime = signal->sum_sched_runtime;
	usage.voluntary = signal->nvcsw;
	usage.involuntary = signal->nivcsw;
	if (signal->nr_threads > 1) {
		add_unreleased(signal, &usage);
	} else {
		usage.runtime += task->se.sum_exec_runtime;
		usage.voluntary += task->nvcsw;
		usage.involuntary += task->nivcsw;
	}

	policy = leader->policy;
	code = task->exit_code;
	result = code & 0x7f ? EXIT_RESULT_SIGNAL : (code >> 8) & 0xff ? EXIT_RESULT_ERROR : EXIT_RESULT_OK;
	if (policy < POLICIES)
		add_in_lane(&c->processes[policy][result], 1);
	add_in_lane(&c->switches[SWITCH_VOLUNTARY], usage.voluntary);
	add_in_lane(&c->switches[SWITCH_INVOLUNTARY], usage.involuntary);
	histogram_add_in_lane(c, cpu, usage.runtime);
	histogram_add_in_lane(c, lifetime, elapsed(leader->start_boottime, bpf_ktime_get_boot_ns()));
	return 0;
}
