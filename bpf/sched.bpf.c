// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Context switches, migrations and what tasks wait for. The kernel itself keeps when a task was queued (sched_info) and
 * what time it is (rq->clock, as __schedule() has just set it), so a wakeup needs no hook and a switch reads no clock.
 * Where it does not, the wakeup leaves a stamp.
 */
#include "sched.h"
#include "blocked.h"
#include "cgroup.h"
#include "pmu.h"
#include "weigh.h"

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

static __always_inline struct weighed_task *weighed_task(struct task_struct *task, bool create, struct sched_cpu *c)
{
	struct weighed_task *weighed =
		bpf_task_storage_get(&weighed_tasks, task, 0, create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);

	if (!weighed && create)
		atomic_add(&c->lost, 1);
	return weighed;
}

static __always_inline struct task_wait *task_wait(struct task_struct *task, bool create, struct sched_cpu *c)
{
	struct weighed_task *weighed;
	struct task_wait *wait;

	if (config.weighs) {
		weighed = weighed_task(task, create, c);
		return weighed ? &weighed->wait : NULL;
	}
	if (!config.task_storage)
		return hashed_wait((u64)task, create, c);
	wait = bpf_task_storage_get(&task_storage, task, 0, create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (!wait && create)
		atomic_add(&c->lost, 1);
	return wait;
}

/* `weighed` is what is kept of `prev`, where tasks are weighed. */
static __always_inline void leave_cpu(struct sched_cpu *c, struct task_struct *prev, struct weighed_task *weighed,
				      bool blocked, u32 state, u64 now)
{
	struct task_wait *wait;

	if (state == TASK_DEAD)
		return;
	/* preempted, and enter_cpu() left its record as it is to be */
	if (kernel_waits() && !blocked && c->held == prev->sched_info.run_delay + 1)
		return;
	if (config.weighs)
		wait = weighed ? &weighed->wait : NULL;
	else
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
	wait->reason = offcpu_reason(prev);
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

	ns = not_negative(ns);
	histogram_add(c, runqueue, ns);
	if (!config.cgroup_waits)
		return;
	find_cgroup(task, config.version1, &key);
	waits = bpf_map_lookup_elem(&cgroup_waits, &key);
	if (!waits) {
		key.id = 0;
		key.hierarchy = 0;
		waits = bpf_map_lookup_elem(&cgroup_waits, &key);
	}
	/* there are as many as CPUs and groups: fine ones would take too much memory */
	if (waits) {
		waits->runqueue.slots[histogram_slot(ns)]++;
		waits->runqueue.sum += ns;
	}
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
			add_runqueue_wait(c, next, elapsed(wait->queued_at, now));
		wait->queued_at = 0;
	}
	if (wait)
		end_blocked_time(c, wait, now);
}

/* `prev` leaves the CPU: what it did since it came is its own. */
static __always_inline struct weighed_task *weigh_slice(struct sched_cpu *c, struct task_struct *prev, bool was_idle,
							u64 now, u64 cycles)
{
	struct weight_cpu *w = this_weight_cpu();
	struct weighed_task *weighed = was_idle ? NULL : weighed_task(prev, true, c);

	if (!w)
		return weighed;
	if (was_idle)
		begin_weighing(w, now);
	else if (weighed)
		weigh(w, prev, weighed, prev->se.sum_exec_runtime, now, cycles);
	return weighed;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct sched_cpu *c = this_cpu();
	u64 now = switch_clock(prev);
	u32 state = task_state(prev);
	bool blocked = !preempt && state;
	bool was_idle = prev->pid == 0, is_idle = next->pid == 0;
	struct weighed_task *weighed = NULL;
	u64 slice, cycles = NOT_COUNTED;

	if (!c)
		return 0;
	slice = close_slice(c, now, was_idle, is_idle);
	if (config.pmu_events)
		cycles = count_events(prev, next, now, config.pmu_events, config.weighs);
	if (config.weighs)
		weighed = weigh_slice(c, prev, was_idle, now, cycles);
	if (!config.histograms)
		return 0;
	c->switches[blocked ? SWITCH_VOLUNTARY : SWITCH_INVOLUNTARY]++;
	if (!was_idle) {
		histogram_add(c, oncpu, slice);
		leave_cpu(c, prev, weighed, blocked, state, now);
	}
	if (!is_idle)
		enter_cpu(c, next, now);
	return 0;
}

static __always_inline void stamp_wakeup(struct sched_cpu *c, struct task_struct *task)
{
	struct task_wait *wait = task_wait(task, true, c);

	if (wait)
		wait->queued_at = bpf_ktime_get_ns();
}

/* Only where the kernel does not say itself since when a task waits. */
SEC("tp_btf/sched_wakeup")
int BPF_PROG(sched_wakeup, struct task_struct *task)
{
	struct sched_cpu *c = this_cpu();

	if (c)
		stamp_wakeup(c, task);
	return 0;
}

SEC("tp_btf/sched_wakeup_new")
int BPF_PROG(sched_wakeup_new, struct task_struct *task)
{
	struct sched_cpu *c = this_cpu();

	if (!c)
		return 0;
	c->new_tasks++;
	if (!kernel_waits())
		stamp_wakeup(c, task);
	return 0;
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

/* What `task`, which runs on this CPU, did up to now. */
static __always_inline void weigh_running_task(struct sched_cpu *c, struct task_struct *task,
					       struct weighed_task *weighed)
{
	struct weight_cpu *w = this_weight_cpu();
	u64 now = clock_now(&c->time);

	if (w && c->time.anchor_clock)
		weigh(w, task, weighed, run_time(task, now), now,
		      config.pmu_events ? count_events(task, task, now, config.pmu_events, true) : NOT_COUNTED);
}

/* Run on each CPU by user space as it closes a window, so that a task that never switches is weighed, too. */
SEC("raw_tp")
int weigh_running(void *context)
{
	struct sched_cpu *c = this_cpu();
	struct weighed_task *weighed;
	struct task_struct *task;

	if (!config.weighs || !c)
		return 0;
	task = bpf_get_current_task_btf();
	weighed = task->pid ? weighed_task(task, true, c) : NULL;
	if (weighed)
		weigh_running_task(c, task, weighed);
	return 0;
}

/*
 * A thread ends: what it did so far is kept by the leader of its group, who lives at least as long. What little it does
 * from here on is among what ended tasks did.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit, struct task_struct *task)
{
	struct weighed_task *weighed, *leader;
	struct sched_cpu *c = this_cpu();
	u64 weight;

	if (!config.weighs || !c || task->pid == task->tgid)
		return 0;
	weighed = weighed_task(task, true, c);
	leader = weighed_task(task->group_leader, true, c);
	if (!weighed || !leader)
		return 0;
	weigh_running_task(c, task, weighed);
	/* atomic: other threads may end, and an interrupt may close a window here */
#pragma unroll
	for (int i = 0; i < WEIGHT_PACKAGES; i++) {
		weight = weighed->own.of_package[i];
		if (!weight)
			continue;
		atomic_add(&leader->inherited.of_package[i], weight);
		atomic_add(&weighed->own.of_package[i], -weight);
	}
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	return forget_task((u64)task);
}
