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

/* 2^60 / 10^9, rounded down: a whole power of two (1953125 ns = 2^-9 s) stays in its slot. */
#define UNITS_PER_NS 1152921504ULL

/*
 * The slot of a time: units of 2^-30 s, rounded down, so that its bit length is the exponent of the power of two at or
 * above it.
 */
static inline __attribute__((always_inline)) __u32 histogram_slot(__u64 ns)
{
	__u64 units;
	__u32 slot;

	if (ns >> 47)
		return HISTOGRAM_SLOTS - 1;
	/* above 2^33 ns the product would overflow: 16 us less to see there */
	units = ns >> 33 ? ((ns >> 14) * UNITS_PER_NS) >> 16 : (ns * UNITS_PER_NS) >> 30;
	slot = bit_length(units);

	return slot < HISTOGRAM_SLOTS ? slot : HISTOGRAM_SLOTS - 1;
}

/*
 * Of each sixteenth of the mantissas from 1 to 2, in units of 2^-31: what to add for its fine slot in the upper half,
 * the number `slot` of those that end below it, and one more from the bound on that lies within it, if any. Bounds are
 * 2^(31 + slot / 8), less by as much as UNITS_PER_NS is too small, rounded up.
 */
#define WITHOUT_BOUND(slot)	((__u64)(slot) << 32)
#define WITH_BOUND(slot, bound) (WITHOUT_BOUND(slot) - (bound))
static const __u64 fine_steps[16] = {
	WITHOUT_BOUND(0),	   WITH_BOUND(1, 0x8b95c1e3), WITHOUT_BOUND(1),		 WITH_BOUND(2, 0x9837f051),
	WITH_BOUND(3, 0xa5fed6a9), WITHOUT_BOUND(3),	      WITH_BOUND(4, 0xb504f333), WITHOUT_BOUND(4),
	WITH_BOUND(5, 0xc5672a10), WITHOUT_BOUND(5),	      WITH_BOUND(6, 0xd744fcc9), WITHOUT_BOUND(6),
	WITHOUT_BOUND(6),	   WITH_BOUND(7, 0xeac0c6e6), WITHOUT_BOUND(7),		 WITHOUT_BOUND(7),
};

/* The fine slot of a time: FINE_SLOTS times its slot, and which eighth of that. No time at all is in the first. */
static inline __attribute__((always_inline)) __u32 fine_slot(__u64 ns)
{
	__u32 length, fraction, slot;
	__u64 product, mantissa;

	if (ns >> 47)
		return HISTOGRAM_SLOTS * FINE_SLOTS - 1;
	if (ns >> 33) {
		product = (ns >> 14) * UNITS_PER_NS;
		fraction = 16;
	} else {
		product = ns * UNITS_PER_NS;
		fraction = 30;
	}
	length = bit_length(product);
	if (length <= fraction)
		return 0;
	mantissa = product << (64 - length) >> 32;
	slot = (length - fraction) * FINE_SLOTS;
	slot += (mantissa + fine_steps[mantissa >> 27 & 15]) >> 32 & (FINE_SLOTS - 1);
	return slot < HISTOGRAM_SLOTS * FINE_SLOTS ? slot : HISTOGRAM_SLOTS * FINE_SLOTS - 1;
}
