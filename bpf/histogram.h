/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/* Number of the highest bit set, from 1; 0 for 0. eBPF has no such instruction. */
static __always_inline u32 bit_length(u64 value)
{
	u32 length = 0, step;

	step = (value > 0xffffffff) << 5;
	value >>= step;
	length |= step;
	step = (value > 0xffff) << 4;
	value >>= step;
	length |= step;
	step = (value > 0xff) << 3;
	value >>= step;
	length |= step;
	step = (value > 0xf) << 2;
	value >>= step;
	length |= step;
	step = (value > 0x3) << 1;
	value >>= step;
	length |= step;
	length |= value >> 1;
	return length + (value != 0);
}

/*
 * The slot of a time: units of 2^-30 s, rounded down, so that its bit length is the exponent of the power of two at or
 * above it. The factor 2^60 / 10^9 is rounded down too: a whole power of two (1953125 ns = 2^-9 s) stays in its slot.
 */
static __always_inline u32 histogram_slot(u64 ns)
{
	u64 units;
	u32 slot;

	if (ns >> 47)
		return HISTOGRAM_SLOTS - 1;
	/* above 2^33 ns the product would overflow: 16 us less to see there */
	units = ns >> 33 ? ((ns >> 14) * 1152921504ULL) >> 16 : (ns * 1152921504ULL) >> 30;
	slot = bit_length(units);

	return slot < HISTOGRAM_SLOTS ? slot : HISTOGRAM_SLOTS - 1;
}

/* For a histogram that only this CPU writes, in one context. */
static __always_inline void histogram_add(struct histogram *histogram, u64 ns)
{
	u32 slot = histogram_slot(ns);

	histogram->slots[slot]++;
	histogram->sum += ns;
}

/* Where a program can be preempted by itself. */
static __always_inline void histogram_add_atomic(struct histogram *histogram, u64 ns)
{
	u32 slot = histogram_slot(ns);

	atomic_add(&histogram->slots[slot], 1);
	atomic_add(&histogram->sum, ns);
}
