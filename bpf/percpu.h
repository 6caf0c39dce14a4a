/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/* An array that user space maps and sets the length of, and `find`(), which finds element `number` of it. */
#define FOUND_ARRAY(name, element, find, number)                                                                       \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, 1);                                                                                \
		__type(key, u32);                                                                                      \
		__type(value, struct element);                                                                         \
	} name SEC(".maps");                                                                                           \
                                                                                                                       \
	static __always_inline struct element *find(void)                                                              \
	{                                                                                                              \
		u32 key = number;                                                                                      \
                                                                                                                       \
		return bpf_map_lookup_elem(&name, &key);                                                               \
	}

/*
 * The array an object keeps its counters in, an element of `struct element` for each number that a possible CPU may
 * have, and this_cpu(), which finds the running CPU's.
 */
#define PER_CPU_ARRAY(name, element) FOUND_ARRAY(name, element, this_cpu, bpf_get_smp_processor_id())

/*
 * The same of rare events: where CPUs are many, neighbours share an element, which this_lane() finds and only
 * add_in_lane() and histogram_add_in_lane() add to. User space sets lane_shift with the length.
 */
#define LANE_ARRAY(name, element)                                                                                      \
	const volatile u8 lane_shift = 0;                                                                              \
                                                                                                                       \
	FOUND_ARRAY(name, element, this_lane, bpf_get_smp_processor_id() >> lane_shift)

#define add_in_lane(counter, value)		add_shared(counter, value, lane_shift)
#define histogram_add_in_lane(lane, member, ns) histogram_count(lane, member, 0, HISTOGRAM_SLOTS, ns, add_in_lane)
