/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * How long util_avg takes to follow a step of load. Apart from the rest so that a test can feed it made-up loads.
 *
 * It is given slots of about a half-life of PELT: their length, the run time in them and the area under util_avg. A
 * task is at a level once eight slots agreed; a step is a slot a quarter of a CPU away from it. The step counts if the
 * load stays at its new level for four slots more. The signal has followed once its mean over a slot is within a tenth
 * of the step's height of the new level, and stays there for half a second or until the load changes again.
 */
#pragma once
#include <linux/types.h>
#include "swift_name.h"

#define STEP_SLOT_NS   (32ULL << 20)
#define STEP_LONG_SLOT (8 * STEP_SLOT_NS)  /* slept too long to be at any level */
#define STEP_BOUND_NS  (32 * STEP_SLOT_NS) /* about a second: given up after it */
#define STEP_HEIGHT    256		   /* of 1024 */
#define STEP_TOLERANCE 128
#define STEP_LEVEL     8 /* slots */
#define STEP_SETTLED   4
#define STEP_STAYED    16

enum step_state { STEP_LEARNING, STEP_LEVEL_KNOWN, STEP_RISEN_OR_FALLEN };
enum load_step { LOAD_STEP_UP, LOAD_STEP_DOWN, LOAD_STEPS };
enum step_outcome { STEP_NOTHING, STEP_CONVERGED, STEP_UNCONVERGED };

struct step_detector {
	__u32 state; /* enum step_state */
	__u32 slots; /* that agreed so far */
	__u32 level; /* duty, of 1024 */
	__u32 first; /* duty of the slot in which the step was */
	__u64 first_ns;
	__u64 since_ns; /* since the beginning of that slot */
	__u64 after_ns; /* in the slots after it */
	__u64 after_ran;
	__u64 reached_ns; /* when the signal came near and stayed; 0: not yet */
} SWIFT_NAME(StepDetector);

struct step_result {
	__u32 outcome; /* enum step_outcome */
	__u32 step;    /* enum load_step */
	__u64 ns;      /* if it converged: since the step */
} SWIFT_NAME(StepResult);

static inline __attribute__((always_inline)) __u32 step_distance(__u32 a, __u32 b)
{
	return a > b ? a - b : b - a;
}

static inline __attribute__((always_inline)) void step_learn(struct step_detector *d, __u32 duty)
{
	if (!d->slots || step_distance(d->level, duty) > STEP_TOLERANCE) {
		d->level = duty;
		d->slots = 1;
	} else {
		d->level = (d->level * d->slots + duty) / (d->slots + 1);
		d->slots++;
	}
	d->state = d->slots < STEP_LEVEL ? STEP_LEARNING : STEP_LEVEL_KNOWN;
}

/* What becomes of a step that the load leaves again, or that is over. */
static inline __attribute__((always_inline)) struct step_result step_finish(struct step_detector *d, __u32 level)
{
	struct step_result result = {};
	__u64 late;

	if (d->slots < STEP_SETTLED)
		return result;
	result.step = level > d->level ? LOAD_STEP_UP : LOAD_STEP_DOWN;
	result.outcome = d->reached_ns ? STEP_CONVERGED : STEP_UNCONVERGED;
	/* the first slot's duty tells when in it the step was */
	late = (__u64)step_distance(level, d->first) * d->first_ns / step_distance(level, d->level);
	if (late > d->first_ns)
		late = d->first_ns;
	result.ns = d->reached_ns > late ? d->reached_ns - late : 1;
	return result;
}

/* The next slot; neither `ran` nor `area` is much above `ns`, which is not 0. */
static inline __attribute__((always_inline)) struct step_result step_slot(struct step_detector *d, __u64 ns, __u64 ran,
									  __u64 area)
{
	struct step_result result = {};
	__u32 duty, level, height;

	if (ns > STEP_LONG_SLOT) {
		d->state = STEP_LEARNING;
		d->slots = 0;
		return result;
	}
	duty = ran * 1024 / ns;
	if (d->state == STEP_LEARNING) {
		step_learn(d, duty);
		return result;
	}
	if (d->state == STEP_LEVEL_KNOWN) {
		if (step_distance(duty, d->level) < STEP_HEIGHT) {
			d->level = (d->level * 7 + duty) / 8;
			return result;
		}
		d->state = STEP_RISEN_OR_FALLEN;
		d->slots = 0;
		d->first = duty;
		d->first_ns = d->since_ns = ns;
		d->after_ns = d->after_ran = d->reached_ns = 0;
		return result;
	}

	if (d->slots) {
		level = d->after_ran * 1024 / d->after_ns;
		if (step_distance(duty, level) > STEP_TOLERANCE) {
			result = step_finish(d, level);
			d->slots = 0;
			step_learn(d, duty);
			return result;
		}
	}
	d->slots++;
	d->since_ns += ns;
	d->after_ns += ns;
	d->after_ran += ran;
	level = d->after_ran * 1024 / d->after_ns;
	height = step_distance(level, d->level);
	if (height < STEP_HEIGHT / 2) {
		/* back where it was: a burst, no step */
		d->state = STEP_LEVEL_KNOWN;
		return result;
	}
	if (step_distance(area * 1024 / ns, level) > height / 10)
		d->reached_ns = 0;
	else if (!d->reached_ns)
		d->reached_ns = d->since_ns - ns / 2;
	if (d->since_ns >= STEP_BOUND_NS || (d->reached_ns && d->slots >= STEP_STAYED)) {
		result = step_finish(d, level);
		d->state = STEP_LEVEL_KNOWN;
		d->level = level;
	}
	return result;
}
