/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Apart from the rest so that a test can hold the very same function against exact arithmetic. */
#pragma once
#include "layouts.h"

/* Number of the highest bit set, from 1; 0 for 0. eBPF has no such instruction. */
static inline __attribute__((always_inline)) __u32 bit_length(__u64 value)
{
	__u32 length = 0, step;

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
static inline __attribute__((always_inline)) __u32 histogram_slot(__u64 ns)
{
	__u64 units;
	__u32 slot;

	if (ns >> 47)
		return HISTOGRAM_SLOTS - 1;
	/* above 2^33 ns the product would overflow: 16 us less to see there */
	units = ns >> 33 ? ((ns >> 14) * 1152921504ULL) >> 16 : (ns * 1152921504ULL) >> 30;
	slot = bit_length(units);

	return slot < HISTOGRAM_SLOTS ? slot : HISTOGRAM_SLOTS - 1;
}
