// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Context switches, wakeups, migrations and what tasks wait for. The kernel itself keeps when a task was queued
 * (sched_info) and what time it is (rq->clock, as __schedule() has just set it), so a wakeup is only counted and a
 * switch reads no clock. Where it does not, the wakeup leaves a stamp.
 */
#include "sched.h"
#include "cgroup.h"
#include "pmu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct task_wait);
} task_storage SEC(".maps");

/* Whether this kernel says itself when tasks were queued and what time its run queues have. */
static __always_inline bool kernel_waits(void)
{
	return config.kernel_waits && bpf_core_field_exists(struct sched_entity, cfs_rq) &&
	       bpf_core_field_exists(struct sched_info, last_queued);
}

/* Any task's cfs_rq leads to the run queue of the CPU it is on, whatever its class. */
static __always_inline u64 switch_clock(struct task_struct *prev)
{
	return kernel_waits() ? prev->se.cfs_rq->rq->clock : bpf_ktime_get_ns();
}

static __always_inline struct task_wait *task_wait(struct task_struct *task, bool create, struct sched_cpu *c)
{
	struct task_wait *wait;

	if (!config.task_storage)
		return hashed_wait((u64)task, create, c);
	wait = bpf_task_storage_get(&task_storage, task, 0, create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (!wait && create)
		atomic_add(&c->lost, 1);
	return wait;
}

static __always_inline void leave_cpu(struct sched_cpu *c, struct task_struct *prev, bool blocked, u32 state, u64 now)
{
	struct task_wait *wait;

	if (state == TASK_DEAD)
		return;
	/* preempted, and enter_cpu() left its record as it is to be */
	if (kernel_waits() && !blocked && c->held == prev->sched_info.run_delay + 1)
		return;
	wait = task_wait(prev, true, c);
	if (!wait)
		return;
	if (kernel_waits()) {
		wait->run_delay = prev->sched_info.run_delay;
		wait->slices = prev->sched_info.pcount;
	} else {
		wait->queued_at = blocked ? 0 : now;
	}
	wait->blocked_at = blocked ? now : 0;
	if (!blocked)
		return;
	/* The state itself may be TASK_WAKING by now; these bits stay as the task set them. */
	if (BPF_CORE_READ_BITFIELD(prev, in_iowait))
		wait->reason = OFFCPU_IO;
	else if (BPF_CORE_READ_BITFIELD(prev, sched_contributes_to_load))
		wait->reason = OFFCPU_UNINTERRUPTIBLE;
	else
		wait->reason = OFFCPU_INTERRUPTIBLE;
}

/* User space makes the entries; a task whose group has none counts in that of the key 0. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct cgroup_key);
	__type(value, struct cgroup_waits);
} cgroup_waits SEC(".maps");

static __always_inline void add_runqueue_wait(struct sched_cpu *c, struct task_struct *task, u64 ns)
{
	struct cgroup_key key = {};
	struct cgroup_waits *waits;

	add_wait(&c->runqueue, ns);
	if (!config.cgroup_waits)
		return;
	find_cgroup(task, config.version1, &key);
	waits = bpf_map_lookup_elem(&cgroup_waits, &key);
	if (!waits) {
		key.id = 0;
		key.hierarchy = 0;
		waits = bpf_map_lookup_elem(&cgroup_waits, &key);
	}
	if (waits)
		add_wait(&waits->runqueue, ns);
}

static __always_inline void enter_cpu(struct sched_cpu *c, struct task_struct *next, u64 now)
{
	struct task_wait *wait = task_wait(next, false, c);
	u64 runnable = 0;

	if (kernel_waits()) {
		u64 queued = next->sched_info.last_queued, delay = next->sched_info.run_delay, held = 0;
		u32 slices = next->sched_info.pcount;

		if (queued)
			runnable = now - queued;
		if (wait) {
			/* as sched_info_arrive() is about to have it */
			held = delay + runnable + 1;
			if (wait->slices == slices)
				/* waits on queues it was taken from since */
				runnable += delay - wait->run_delay;
			else
				/* the kernel ran it without a word: what the record says is not of this wait */
				wait->blocked_at = 0;
			wait->run_delay = held - 1;
			wait->slices = slices + (queued != 0);
		} else if (slices == 0) {
			runnable += delay;
		}
		add_runqueue_wait(c, next, runnable);
		c->held = held;
	} else if (wait) {
		if (wait->queued_at)
			add_runqueue_wait(c, next, now - wait->queued_at);
		wait->queued_at = 0;
	}
	if (wait)
		end_blocked_time(c, wait, now);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct sched_cpu *c = this_cpu();
	u64 now = switch_clock(prev);
	u32 state = task_state(prev);
	bool blocked = !preempt && state;
	bool was_idle = prev->pid == 0, is_idle = next->pid == 0;
	u64 slice;

	if (!c)
		return 0;
	slice = close_slice(&c->time, now, was_idle, is_idle);
	if (config.pmu_events)
		end_event_slice(prev, config.pmu_events);
	if (!config.histograms)
		return 0;
	c->switches[blocked ? SWITCH_VOLUNTARY : SWITCH_INVOLUNTARY]++;
	if (!was_idle) {
		histogram_add(&c->oncpu, slice);
		leave_cpu(c, prev, blocked, state, now);
	}
	if (!is_idle)
		enter_cpu(c, next, now);
	return 0;
}

static __always_inline int woken(struct task_struct *task, u32 kind)
{
	struct sched_cpu *c = this_cpu();
	struct task_wait *wait;

	if (!c)
		return 0;
	c->wakeups[kind]++;
	if (kernel_waits())
		return 0;
	wait = task_wait(task, true, c);
	if (wait)
		wait->queued_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	return woken(task, WAKEUP_WAKEUP);
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	return woken(task, WAKEUP_NEW);
}

SEC("tp_btf/sched_migrate_task")
int BPF_PROG(sched_migrate_task)
{
	return count_migration();
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork)
{
	return count_event(EVENT_FORK);
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec)
{
	return count_event(EVENT_EXEC);
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	return forget_task((u64)task);
}
