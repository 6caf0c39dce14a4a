/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

/* Slot i counts values in (2^(i-1), 2^i] units of 2^-30 s; the last one everything above 2^16 s. */
#define HISTOGRAM_SLOTS 48

/*
 * Where histograms are fine, each slot is told apart into eight, of a ratio of 2^(1/8), as schema 3 of native
 * histograms has them. Those of an element of a map lie behind it, eight words for each word of it: those of the slot
 * at byte o of an element of n bytes at byte n + 8 o. The slot itself is not counted in then.
 */
#define FINE_SLOTS 8

struct histogram {
	__u64 slots[HISTOGRAM_SLOTS];
	__u64 sum; /* ns */
} SWIFT_NAME(HistogramSlots);
