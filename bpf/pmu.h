/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The PMU's events by process, counted as their slices end. */
#pragma once
#include "watched.h"

/* Of CPU n, from n * PROCESS_EVENT_COUNTERS on. */
struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, u32);
} pmu_events SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct pmu_cpu);
} pmu_cpus SEC(".maps");

#define NOT_COUNTED (~0ULL)

/*
 * What was counted since the last reading, scaled up where the event shared the hardware with others; NOT_COUNTED where
 * nobody knows. As a CPU goes offline perf takes its events away for good, but goes on to answer with the figures they
 * ended with: for how long they were enabled stands still. That of an event which only had to leave the hardware goes
 * on; the next reading makes up for it, unless the time is to be `its_own`, as that which a task is weighed by.
 */
static __always_inline u64 advance_event(struct event_reading *last, const struct bpf_perf_event_value *now,
					 bool its_own)
{
	u64 counter = now->counter - last->counter;
	u64 enabled = now->enabled - last->enabled, running = now->running - last->running;
	/* or it was opened anew */
	bool is_first = !last->enabled || now->enabled < last->enabled;

	if (!is_first && !enabled)
		return NOT_COUNTED;
	if (!is_first && !running) {
		if (its_own)
			last->enabled = now->enabled;
		return NOT_COUNTED;
	}
	last->counter = now->counter;
	last->enabled = now->enabled;
	last->running = now->running;
	if (is_first)
		return NOT_COUNTED;
	/* in 1/1024; a slice of 2^53 ns or a count of 2^54 in one is not to be expected */
	return enabled == running ? counter : (counter * ((enabled << 10) / running)) >> 10;
}

/* What nobody asks for is brought up to date this often. */
#define UNWATCHED_PERIOD_NS (NSEC_PER_SEC / 10)

/*
 * Which events to read as `next` follows `prev`. Only what a watched process did has to be told from the rest, so where
 * neither is one, or both are threads of one process, what was counted goes on to the next reading.
 */
static __always_inline u32 events_due(struct pmu_cpu *c, struct task_struct *prev, struct task_struct *next, u64 now,
				      bool was_watched, bool weighs)
{
	bool goes_on = was_watched == c->watched && (!was_watched || prev->tgid == next->tgid);

	if (goes_on && now - c->read_at < UNWATCHED_PERIOD_NS)
		return weighs ? 1 : 0;
	c->read_at = now;
	return ~0U;
}

/*
 * What the events of `mask` counted since they were read last is the process' of `prev`, which ran until `now`; `next`
 * runs from here on. Returns how many cycles there were, the first of the events, or NOT_COUNTED. `weighs`: these are
 * to be the slice's alone.
 */
static __always_inline u64 count_events(struct task_struct *prev, struct task_struct *next, u64 now, u32 mask,
					bool weighs)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct pmu_cpu *c = bpf_map_lookup_elem(&pmu_cpus, &cpu);
	struct watched_process *watch;
	struct bpf_perf_event_value value;
	u64 grown, cycles = NOT_COUNTED;
	bool was_watched;

	if (!c)
		return NOT_COUNTED;
	was_watched = c->watched;
	c->watched = next->pid && watched_process(next);
	mask &= events_due(c, prev, next, now, was_watched, weighs);
	if (!mask)
		return NOT_COUNTED;
	watch = was_watched ? watched_process(prev) : NULL;
#pragma unroll
	for (u32 i = 0; i < PROCESS_EVENT_COUNTERS; i++) {
		if (!(mask & 1 << i) ||
		    bpf_perf_event_read_value(&pmu_events, cpu * PROCESS_EVENT_COUNTERS + i, &value, sizeof(value)))
			continue;
		grown = advance_event(&c->last[i], &value, weighs && i == 0);
		if (grown == NOT_COUNTED)
			continue;
		if (i == 0)
			cycles = grown;
		if (watch)
			atomic_add(&watch->detail.events[i], grown);
		else
			c->unwatched[i] += grown;
	}
	return cycles;
}
