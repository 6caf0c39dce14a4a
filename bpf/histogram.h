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

/* For one that one program alone writes on this CPU, whatever it comes between. */
static __always_inline void histogram_add_alone(struct histogram *histogram, u64 ns)
{
	u32 slot = histogram_slot(ns);

	add_alone(&histogram->slots[slot], 1);
	add_alone(&histogram->sum, ns);
}
