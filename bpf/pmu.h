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

/* What was counted since the last reading, scaled up where the event shared the hardware with others. */
static __always_inline u64 advance_event(struct event_reading *last, const struct bpf_perf_event_value *now)
{
	u64 counter = now->counter - last->counter;
	u64 enabled = now->enabled - last->enabled, running = now->running - last->running;
	bool is_first = !last->enabled;

	if (!is_first && !running)
		return 0; /* not on the hardware: the next reading makes up for it */
	last->counter = now->counter;
	last->enabled = now->enabled;
	last->running = now->running;
	if (is_first)
		return 0;
	/* in 1/1024; a slice of 2^53 ns or a count of 2^54 in one is not to be expected */
	return enabled == running ? counter : (counter * ((enabled << 10) / running)) >> 10;
}

#define NOT_COUNTED (~0ULL)

/*
 * What the events of `mask` counted since the last time is the process' of `prev`, which ran. Returns how many cycles
 * there were, the first of the events, or NOT_COUNTED.
 */
static __always_inline u64 count_events(struct task_struct *prev, u32 mask)
{
	u32 cpu = bpf_get_smp_processor_id();
	struct pmu_cpu *c = bpf_map_lookup_elem(&pmu_cpus, &cpu);
	struct watched_process *watch;
	struct bpf_perf_event_value now;
	u64 grown, cycles = NOT_COUNTED;

	if (!c)
		return NOT_COUNTED;
	watch = prev->pid ? watched_process(prev) : NULL;
#pragma unroll
	for (u32 i = 0; i < PROCESS_EVENT_COUNTERS; i++) {
		if (!(mask & 1 << i) ||
		    bpf_perf_event_read_value(&pmu_events, cpu * PROCESS_EVENT_COUNTERS + i, &now, sizeof(now)))
			continue;
		grown = advance_event(&c->last[i], &now);
		if (i == 0)
			cycles = grown;
		if (watch)
			atomic_add(&watch->detail.events[i], grown);
		else if (prev->pid)
			c->unwatched[i] += grown;
	}
	return cycles;
}
