/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "slots.h"

/* Whether histograms are fine, and the elements of their maps as long as that takes. */
const volatile u8 fine = 0;

/* Of slots that are told apart from `first` on, `count` of them; the first and the last take what lies beyond. */
static __always_inline u32 within(u32 slot, u32 first, u32 count)
{
	slot = slot < first ? 0 : slot - first;
	return slot < count ? slot : count - 1;
}

/* The same of fine slots: 64 bits wide and compared last, for the verifiers of 5.10 and 6.1 lose other bounds. */
static __always_inline u64 fine_within(u64 slot, u64 first, u64 count)
{
	slot = slot < first ? 0 : slot - first;
	barrier_var(slot);
	return slot < count ? slot : count - 1;
}

/* The fine slots of the slots `member` of `*element`, which may have indexes in it that are no constants. */
#define fine_slots(element, member)                                                                                    \
	((u64 *)((void *)(element) + sizeof(*(element)) + FINE_SLOTS * __builtin_offsetof(typeof(*(element)), member)))

/*
 * Adds a time to `member` of `*element`, an element of a map: `count` slots from slot `first` on, and a sum. `add` is
 * what adds to a counter.
 */
#define histogram_count(element, member, first, count, ns, add)                                                        \
	({                                                                                                             \
		u64 time_ = (ns);                                                                                      \
                                                                                                                       \
		if (fine) {                                                                                            \
			u64 slot_ = fine_within(fine_slot(time_), (first)*FINE_SLOTS, (count)*FINE_SLOTS);             \
			add(&fine_slots(element, member.slots)[slot_], 1);                                             \
		} else {                                                                                               \
			u32 slot_ = within(histogram_slot(time_), first, count);                                       \
			add(&(element)->member.slots[slot_], 1);                                                       \
		}                                                                                                      \
		add(&(element)->member.sum, time_);                                                                    \
	})

#define add_plainly(counter, value) (*(counter) += (value))

/* For a histogram that only this CPU writes, in one context. */
#define histogram_add(element, member, ns) histogram_count(element, member, 0, HISTOGRAM_SLOTS, ns, add_plainly)

/* For one that one program alone writes on this CPU alone, whatever it comes between. */
#define histogram_add_alone(element, member, ns) histogram_count(element, member, 0, HISTOGRAM_SLOTS, ns, add_alone)
