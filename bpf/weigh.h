/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tasks do on each package, by which its energy is divided among them. The time that a sibling of the same core
 * was busy too counts less: two threads of a core draw less than twice what one does.
 */
#pragma once
#include "sched.h"
#include "weighed.h"

static __always_inline struct weight_cpu *this_weight_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&weight_cpus, &cpu);
}

/* How long another CPU has run tasks by `now`, the slice under way included. */
static __always_inline u64 busy_time(struct sched_cpu *c, u64 now)
{
	struct cpu_time *time = &c->time;
	u64 busy = 0, head, since;

	/* a slice ends there as it is read: once more; twice in a row is an error of that slice at most */
#pragma unroll
	for (int i = 0; i < 2; i++) {
		head = time->head;
		barrier();
		since = time->last_clock;
		busy = time->task_ns;
		/* the last that is seen of a CPU that goes is a task */
		if (!time->is_idle && !c->leaves && since)
			busy += elapsed(since, now);
		barrier();
		if (time->tail == head)
			break;
	}
	return busy;
}

/* Of several siblings the sum: time with two busy ones counts twice, up to what there was. */
static __always_inline u64 sibling_time(struct weight_cpu *w, u64 now)
{
	struct sched_cpu *sibling;
	u64 busy = 0;

#pragma unroll
	for (u32 i = 0; i < WEIGHT_SIBLINGS; i++) {
		if (i >= config.siblings)
			break;
		sibling = bpf_map_lookup_elem(&sched_cpus, &w->siblings[i]);
		if (sibling)
			busy += busy_time(sibling, now);
	}
	return busy;
}

/* The CPU was idle: what its siblings did until now was beside nothing. */
static __always_inline void begin_weighing(struct weight_cpu *w, u64 now)
{
	if (config.siblings)
		w->sibling_ns = sibling_time(w, now);
}

/* What slices weigh whose cycles nobody counted, so that one sum has one unit: as many as others of this CPU had. */
static __always_inline u64 mean_cycles(const struct weight_cpu *w, u64 part)
{
	/* in 1/1024 */
	return w->counted_ns ? part * ((w->counted_cycles << 10) / w->counted_ns) >> 10 : part;
}

static __always_inline void learn_cycles(struct weight_cpu *w, u64 part, u64 cycles)
{
	w->counted_cycles += cycles;
	w->counted_ns += part;
	/* the last seconds count most */
	if (w->counted_ns < 4 * NSEC_PER_SEC)
		return;
	w->counted_cycles >>= 1;
	w->counted_ns >>= 1;
}

/*
 * Counts for `task` what it did since the last time: the kernel says it has run for `ran` ns by now, and the CPU made
 * `cycles` since something was last weighed here, where they are counted. What it did before anybody watched is left
 * out.
 */
static __always_inline void weigh(struct weight_cpu *w, struct task_struct *task, struct weighed_task *weighed, u64 ran,
				  u64 now, u64 cycles)
{
	u64 part = ran - weighed->ran_ns, weight, busy, overlap;
	u64 package = w->lane - 1;
	bool is_new = !weighed->ran_ns;

	/* run time that was foreseen as a window closed */
	if ((__s64)part <= 0 || package >= WEIGHT_PACKAGES)
		return;
	weighed->ran_ns = ran;
	if (is_new && task->start_boottime < config.since_ns)
		part = 0;
	if (config.pmu_events & 1) {
		if (cycles == NOT_COUNTED)
			cycles = mean_cycles(w, part);
		else if (!is_new)
			learn_cycles(w, part, cycles);
	}
	weight = cycles == NOT_COUNTED ? part : cycles;
	if (config.siblings) {
		busy = sibling_time(w, now);
		overlap = not_negative(busy - w->sibling_ns);
		if (overlap > part)
			overlap = part;
		w->sibling_ns = busy;
		/* in 1/1024: neither a part of 2^54 ns nor 2^44 cycles in one are to be expected */
		if (cycles == NOT_COUNTED)
			weight -= overlap * config.sibling_loss >> 10;
		else if (part)
			weight -= cycles * ((overlap << 10) / part * config.sibling_loss >> 10) >> 10;
	}
	w->busy_ns += part;
	weighed->own.of_package[package] += weight;
}

/* The scheduler's clock of this CPU at this moment, as near as it is known: it stands still between its events. */
static __always_inline u64 clock_now(const struct cpu_time *time)
{
	return time->anchor_clock + elapsed_since(time->anchor_ns);
}

/* How long the task on this CPU has run by `now`: the kernel brings that up to date at ticks and switches only. */
static __always_inline u64 run_time(struct task_struct *task, u64 now)
{
	u64 ran = task->se.sum_exec_runtime, open;
	struct rq *rq;

	if (!bpf_core_field_exists(struct sched_entity, cfs_rq))
		return ran;
	rq = task->se.cfs_rq->rq;
	open = now - (rq->clock - rq->clock_task) - task->se.exec_start;
	/* a clock that was read while it changed */
	return open < 4 * NSEC_PER_SEC ? ran + open : ran;
}
