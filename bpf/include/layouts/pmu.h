/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What sched.bpf.c counts of the PMU's events by process: one pmu_cpu per CPU. */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

#define PROCESS_EVENT_COUNTERS 3

struct event_reading {
	__u64 counter;
	__u64 enabled; /* ns */
	__u64 running; /* ns */
} SWIFT_NAME(EventReading);

struct pmu_cpu {
	struct event_reading last[PROCESS_EVENT_COUNTERS];
	__u64 unwatched[PROCESS_EVENT_COUNTERS]; /* of all but processes with series of their own */
	__u64 read_at;				 /* ns of the scheduler's clock, when all events were read last */
	__u64 watched;				 /* the process that runs has a series of its own: 0 or 1 */
	__u64 padding[2];
} SWIFT_NAME(PMUPerCPU);
