// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * The twin of sched.bpf.c for kernels without BTF: no field of any kernel struct is read. Tasks are known by address,
 * the idle task is learned as it leaves the CPU, the state is the tracepoint's fourth argument (since 5.18; without it
 * the kernel refuses to attach).
 */
#include "sched.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp/sched_switch")
int sched_switch(struct raw_tracepoint *context)
{
	struct sched_cpu *c = this_cpu();
	u64 now = bpf_ktime_get_ns();
	u64 prev = context->args[1], next = context->args[2];
	u32 state = context->args[3];
	bool blocked = !(context->args[0] & 1) && state;
	bool was_idle = (u32)bpf_get_current_pid_tgid() == 0, is_idle;
	struct task_wait *wait;
	u64 slice;

	if (!c)
		return 0;
	if (was_idle)
		c->idle_task = prev;
	is_idle = next == c->idle_task;
	slice = close_slice(c, now, was_idle, is_idle);
	if (!config.histograms)
		return 0;
	c->switches[blocked ? SWITCH_VOLUNTARY : SWITCH_INVOLUNTARY]++;
	if (!was_idle) {
		histogram_add(c, oncpu, slice);
		wait = state == TASK_DEAD ? NULL : hashed_wait(prev, true, c);
		if (wait) {
			wait->queued_at = blocked ? 0 : now;
			wait->blocked_at = blocked ? now : 0;
			/* in_iowait cannot be read: waits for I/O are among the uninterruptible ones */
			wait->reason = (state & TASK_UNINTERRUPTIBLE) && !(state & TASK_NOLOAD) ? OFFCPU_UNINTERRUPTIBLE
												: OFFCPU_INTERRUPTIBLE;
		}
	}
	wait = is_idle ? NULL : hashed_wait(next, false, c);
	if (wait) {
		if (wait->queued_at)
			histogram_add(c, runqueue, elapsed(wait->queued_at, now));
		wait->queued_at = 0;
		end_blocked_time(c, wait, now);
	}
	return 0;
}

static __always_inline void stamp_wakeup(struct sched_cpu *c, u64 task)
{
	struct task_wait *wait = hashed_wait(task, true, c);

	if (wait)
		wait->queued_at = bpf_ktime_get_ns();
}

SEC("raw_tp/sched_wakeup")
int sched_wakeup(struct raw_tracepoint *context)
{
	struct sched_cpu *c = this_cpu();

	if (c)
		stamp_wakeup(c, context->args[0]);
	return 0;
}

SEC("raw_tp/sched_wakeup_new")
int sched_wakeup_new(struct raw_tracepoint *context)
{
	struct sched_cpu *c = this_cpu();

	if (!c)
		return 0;
	c->new_tasks++;
	stamp_wakeup(c, context->args[0]);
	return 0;
}

SEC("raw_tp/sched_migrate_task")
int sched_migrate_task(void *context)
{
	return count_migration();
}

SEC("raw_tp/sched_process_fork")
int sched_process_fork(void *context)
{
	return count_event(EVENT_FORK);
}

SEC("raw_tp/sched_process_exec")
int sched_process_exec(void *context)
{
	return count_event(EVENT_EXEC);
}

SEC("raw_tp/sched_process_free")
int sched_process_free(struct raw_tracepoint *context)
{
	return forget_task(context->args[0]);
}
