/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The scheduler's events, counted. One body for both objects: sched.bpf.c reads task_struct through BTF;
 * sched_raw.bpf.c knows tasks by address alone and serves kernels without BTF.
 */
#pragma once
#include "histogram.h"
#include "percpu.h"

const volatile struct sched_config config = {};

PER_CPU_ARRAY(sched_cpus, sched_cpu)

/* By address of the task: where there is no task storage (before 5.12), or no BTF. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct task_wait);
} task_waits SEC(".maps");

static __always_inline struct task_wait *hashed_wait(u64 key, bool create, struct sched_cpu *c)
{
	struct task_wait *wait = bpf_map_lookup_elem(&task_waits, &key);
	struct task_wait fresh = {};

	if (wait || !create)
		return wait;
	if (bpf_map_update_elem(&task_waits, &key, &fresh, BPF_NOEXIST))
		atomic_add(&c->lost, 1);
	return bpf_map_lookup_elem(&task_waits, &key);
}

/* Closes the slice that ends now and returns its length; 0 where its beginning is not known. */
static __always_inline u64 close_slice(struct sched_cpu *c, u64 now, bool was_idle, bool is_idle)
{
	struct cpu_time *time = &c->time;
	u64 slice;

	if (time->last_clock) {
		slice = elapsed(time->last_clock, now);
	} else if (time->anchor_ns) {
		/* first switch since the program began to watch this CPU */
		slice = elapsed_since(time->anchor_ns);
		time->anchor_clock = 0;
	} else {
		slice = 0;
	}
	if (was_idle && c->leaves)
		slice = 0;

	time->tail++;
	barrier();
	if (was_idle)
		time->idle_ns += slice;
	else
		time->task_ns += slice;
	time->last_clock = now;
	time->is_idle = is_idle;
	if (now - time->anchor_clock > NSEC_PER_SEC) {
		time->anchor_clock = now;
		time->anchor_ns = bpf_ktime_get_ns();
	}
	barrier();
	time->head = time->tail;
	return slice;
}

/* What the two objects do alike at the other hooks. */

static __always_inline int count_migration(void)
{
	struct sched_cpu *c = this_cpu();

	if (c)
		c->migrations++;
	return 0;
}

static __always_inline int count_event(u32 event)
{
	struct sched_cpu *c = this_cpu();

	if (c)
		add_alone(&c->events[event], 1);
	return 0;
}

/* Storage goes with its task; an entry of the hash has to be taken away. */
static __always_inline int forget_task(u64 task)
{
	bpf_map_delete_elem(&task_waits, &task);
	return 0;
}

static __always_inline void end_blocked_time(struct sched_cpu *c, struct task_wait *wait, u64 now)
{
	u32 reason = wait->reason;

	if (wait->blocked_at && reason < OFFCPU_REASONS)
		histogram_add(c, offcpu[reason], elapsed(wait->blocked_at, now));
	wait->blocked_at = 0;
}

/*
 * Tracepoints are silent on a CPU that is not online, so the first switch that is seen after it has come back has all
 * the time it was gone in it. It runs callbacks itself while it is still online, and again once it is: what it idles
 * from the one to the other is nobody's.
 */
SEC("raw_tp/cpuhp_enter")
int cpuhp_enter(struct raw_tracepoint *context)
{
	struct sched_cpu *c = this_cpu();

	/* another CPU may run a callback for it: (cpu, target, state, ...) */
	if (c && (u32)context->args[0] == bpf_get_smp_processor_id())
		c->leaves = (int)context->args[1] < (int)context->args[2];
	return 0;
}

/* Run once on each CPU by user space: from here on its time is watched, even if it never switches. */
SEC("raw_tp")
int watch_cpu(void *context)
{
	struct sched_cpu *c = this_cpu();

	if (c && !c->time.last_clock) {
		c->time.is_idle = (u32)bpf_get_current_pid_tgid() == 0;
		c->time.anchor_ns = bpf_ktime_get_ns();
	}
	return 0;
}
