/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * PELT's signal between the moments at which the kernel brings it up to date, integrated in closed form. Apart from the
 * rest so that a test can hold the very same functions against numeric integration.
 *
 * The signal rises to 1 while a task runs and decays to 0 while it does not, with a half-life of 32 periods of 1024 *
 * 1024 ns (kernel/sched/pelt.c). Over a decay from a to b its integral is (a - b) times the time constant, and over a
 * rise 1 minus the signal decays. Values here are in 2^-20, those of the kernel in 2^-10, times in ns.
 */
#pragma once
#include "slots.h"
#include "swift_name.h"

/* The eBPF program makes functions of their own of these, so that its verifier looks at each once. */
#ifndef PELT_CALLED
#define PELT_CALLED static inline
#endif

#define PELT_ONE	   (1ULL << 20)
#define PELT_PERIOD_SHIFT  20
#define PELT_HALF_LIFE	   (32ULL << PELT_PERIOD_SHIFT)
#define PELT_TIME_CONSTANT 48408813ULL /* half-life / ln 2 */
#define PELT_DECAY_RATE	   22713ULL    /* ln 2 / 32, of a period, in 2^-20 */

/* 0.5^(i/32) in 2^-32. */
static const __u32 pelt_powers[32] = {
	4294967295, 4202935003, 4112874773, 4024744348, 3938502376, 3854108391, 3771522796, 3690706840,
	3611622603, 3534232978, 3458501653, 3384393094, 3311872529, 3240905930, 3171459999, 3103502151,
	3037000500, 2971923842, 2908241642, 2845924021, 2784941738, 2725266179, 2666869345, 2609723834,
	2553802834, 2499080105, 2445529972, 2393127307, 2341847524, 2291666561, 2242560872, 2194507417,
};

/* What is left of `value` (at most 1) after `ns`. */
PELT_CALLED __u64 pelt_decayed(__u64 value, __u64 ns)
{
	__u64 periods = ns >> PELT_PERIOD_SHIFT;
	__u64 part = ns & ((1ULL << PELT_PERIOD_SHIFT) - 1);
	__u64 lost;

	if (periods >= 32 * 21)
		return 0;
	/* within a period 1 - x + x^2/2 stands for the power: off by 2e-6 at most */
	lost = part * PELT_DECAY_RATE >> PELT_PERIOD_SHIFT;
	lost -= lost * lost >> 21;
	value = (value << 12) >> (periods >> 5);
	value = value * pelt_powers[periods & 31] >> 32;
	value -= value * lost >> 20;
	return value >> 12;
}

/* The integral of what decays from `from` to `to`. */
static inline __attribute__((always_inline)) __u64 pelt_decay_area(__u64 from, __u64 to)
{
	return from > to ? (from - to) * PELT_TIME_CONSTANT >> 20 : 0;
}

/* Half-lives from `from` down to `to`, neither of them 0, in 2^-20: the binary logarithm, off by 1e-3 at most. */
static inline __attribute__((always_inline)) __u64 pelt_half_lives(__u64 from, __u64 to)
{
	__u64 ratio = (from << 20) / to;
	__u64 whole = bit_length(ratio) - 1;
	__u64 x, curve;

	if (whole < 20)
		return 0;
	whole -= 20;
	x = (ratio >> whole) - PELT_ONE;
	curve = 442499 - (163578 * x >> 20); /* 0.422 - 0.156 x */
	return (whole << 20) + x + ((x * (PELT_ONE - x) >> 20) * curve >> 20);
}

/* The integral of what lies above `floor` of a decay from `from` to `to`, which takes `ns`. */
PELT_CALLED __u64 pelt_area_above(__u64 from, __u64 to, __u64 ns, __u64 floor)
{
	__u64 area, below;

	if (from <= floor)
		return 0;
	if (!floor)
		return pelt_decay_area(from, to);
	if (to >= floor) {
		area = pelt_decay_area(from, to);
		below = floor * ns >> 20;
	} else {
		area = pelt_decay_area(from, floor);
		below = floor * (pelt_half_lives(from, floor) * 32) >> 20;
	}
	return area > below ? area - below : 0;
}

struct pelt_areas {
	__u64 avg; /* of the signal */
	__u64 est; /* of the signal or the estimate, whichever is higher */
} SWIFT_NAME(PELTAreas);

/* A stretch without running: adds its areas and returns the signal after it. */
static inline __attribute__((always_inline)) __u64 pelt_rest(struct pelt_areas *areas, __u64 value, __u64 est, __u64 ns)
{
	__u64 end = pelt_decayed(value, ns);

	areas->avg += pelt_decay_area(value, end);
	/* a task may sleep for days: whole units of the kernel's */
	areas->est += (est >> 10) * ns / 1024 + pelt_area_above(value, end, ns, est);
	return end;
}

/* A stretch of running. */
static inline __attribute__((always_inline)) __u64 pelt_run(struct pelt_areas *areas, __u64 value, __u64 est, __u64 ns)
{
	__u64 gap = PELT_ONE - value;
	__u64 end = pelt_decayed(gap, ns);
	__u64 area = pelt_decay_area(gap, end);

	areas->avg += ns > area ? ns - area : 0;
	area -= pelt_area_above(gap, end, ns, PELT_ONE - est);
	areas->est += ns > area ? ns - area : 0;
	return PELT_ONE - end;
}

/*
 * The areas under util_avg, and under the higher of util_avg and util_est, between two moments at which the kernel
 * brought util_avg up to date: `from` and `to` as it had them, `est` the estimate in between, `ran` ns of `ns` on the
 * CPU.
 *
 * The kernel brings it up to date when a period has ended, so only in the first of `ns` can the task have done both:
 * what it did for the longer part, it did last. Where the kernel came to another value than the closed form (its clock
 * is slower than ours where it allows for frequency or capacity), the difference grew from 0 meanwhile; after a
 * half-life it is gone.
 */
static inline __attribute__((always_inline)) struct pelt_areas pelt_between(__u64 from, __u64 to, __u64 est, __u64 ns,
									    __u64 ran)
{
	struct pelt_areas areas = {};
	__u64 value, span, off;

	from = from < 1024 ? from << 10 : PELT_ONE;
	to = to < 1024 ? to << 10 : PELT_ONE;
	est = est < 1024 ? est << 10 : PELT_ONE;
	if (ran > ns)
		ran = ns;

	if (ran * 2 >= ns) {
		value = pelt_rest(&areas, from, est, ns - ran);
		value = pelt_run(&areas, value, est, ran);
	} else {
		value = pelt_run(&areas, from, est, ran);
		value = pelt_rest(&areas, value, est, ns - ran);
	}

	span = (ns < PELT_HALF_LIFE ? ns : PELT_HALF_LIFE) / 2;
	if (to > value) {
		off = (to - value) * span >> 20;
		areas.avg += off;
		if (from > est && value > est)
			areas.est += off;
	} else {
		off = (value - to) * span >> 20;
		areas.avg -= off < areas.avg ? off : areas.avg;
		if (from > est && to > est)
			areas.est -= off < areas.est ? off : areas.est;
	}
	return areas;
}
