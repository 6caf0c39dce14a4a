/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "slots.h"

/* For a histogram that only this CPU writes, in one context. */
static __always_inline void histogram_add(struct histogram *histogram, u64 ns)
{
	u32 slot = histogram_slot(ns);

	histogram->slots[slot]++;
	histogram->sum += ns;
}

/* Of a histogram that keeps `count` slots apart from slot `first` on; the first and the last take what lies beyond. */
static __always_inline u32 slot_within(u64 ns, u32 first, u32 count)
{
	u32 slot = histogram_slot(ns);

	slot = slot < first ? 0 : slot - first;
	return slot < count ? slot : count - 1;
}

/* For one that one program alone writes, whatever it comes between; `is_shared`: on several CPUs. */
static __always_inline void histogram_add_shared(struct histogram *histogram, u64 ns, bool is_shared)
{
	u32 slot = histogram_slot(ns);

	add_shared(&histogram->slots[slot], 1, is_shared);
	add_shared(&histogram->sum, ns, is_shared);
}

/* The same on this CPU alone. */
static __always_inline void histogram_add_alone(struct histogram *histogram, u64 ns)
{
	histogram_add_shared(histogram, ns, false);
}
