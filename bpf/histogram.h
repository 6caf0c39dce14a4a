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

/* For one that one program alone writes on this CPU, whatever it comes between. */
static __always_inline void histogram_add_alone(struct histogram *histogram, u64 ns)
{
	u32 slot = histogram_slot(ns);

	add_alone(&histogram->slots[slot], 1);
	add_alone(&histogram->sum, ns);
}
