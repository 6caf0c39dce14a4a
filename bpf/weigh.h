/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What tasks do on each package, by which its energy is divided among them. The time that a sibling of the same core
 * was busy too counts less: two threads of a core draw less than twice what one does.
 */
#pragma once
#include "sched.h"
#include "weighed.h"

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct weight_cpu);
} weight_cpus SEC(".maps");

static __always_inline struct weight_cpu *this_weight_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&weight_cpus, &cpu);
}

/* How long another CPU has run tasks by `now`, the slice under way included. */
static __always_inline u64 busy_time(struct cpu_time *time, u64 now)
{
	u64 busy = 0, head, since;

	/* a slice ends there as it is read: once more; twice in a row is an error of that slice at most */
#pragma unroll
	for (int i = 0; i < 2; i++) {
		head = time->head;
		barrier();
		since = time->last_clock;
		busy = time->task_ns;
		if (!time->is_idle && since && (__s64)(now - since) > 0)
			busy += now - since;
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
			busy += busy_time(&sibling->time, now);
	}
	return busy;
}

/* The CPU was idle: what its siblings did until now was beside nothing. */
static __always_inline void begin_weighing(struct weight_cpu *w, u64 now)
{
	if (config.siblings)
		w->sibling_ns = sibling_time(w, now);
}

/*
 * Counts for `task` what it did since the last time: its slice has lasted for `open` ns by now, and since the last time
 * the CPU made `cycles`, where they are counted.
 */
static __always_inline void weigh(struct weight_cpu *w, struct weighed_task *task, u64 open, u64 now, u64 cycles)
{
	u64 part = open - w->weighed_ns, weight, busy, overlap;
	u64 package = w->place - 1;

	if ((__s64)part <= 0 || package >= WEIGHT_PACKAGES)
		return;
	weight = cycles == NOT_COUNTED ? part : cycles;
	if (config.siblings) {
		busy = sibling_time(w, now);
		overlap = busy - w->sibling_ns;
		if ((__s64)overlap < 0)
			overlap = 0;
		if (overlap > part)
			overlap = part;
		w->sibling_ns = busy;
		/* in 1/1024: neither a part of 2^54 ns nor 2^44 cycles in one are to be expected */
		if (cycles != NOT_COUNTED)
			weight -= cycles * ((overlap << 10) / part * config.sibling_loss >> 10) >> 10;
		else
			weight -= overlap * config.sibling_loss >> 10;
	}
	w->weighed_ns += part;
	w->busy_ns += part;
	task->own.of_package[package] += weight;
}

/* How long the slice under way on this CPU has lasted; `now` is set to the scheduler's clock, as near as it is known.
 */
static __always_inline u64 open_slice(struct cpu_time *time, u64 *now)
{
	u64 since_anchor = bpf_ktime_get_ns() - time->anchor_ns;

	*now = time->anchor_clock + since_anchor;
	return time->last_clock ? *now - time->last_clock : since_anchor;
}
