/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

/* Slot i counts values in (2^(i-1), 2^i] units of 2^-30 s; the last one everything above 2^16 s. */
#define HISTOGRAM_SLOTS 48

struct histogram {
	__u64 slots[HISTOGRAM_SLOTS];
	__u64 sum; /* ns */
} SWIFT_NAME(HistogramSlots);
