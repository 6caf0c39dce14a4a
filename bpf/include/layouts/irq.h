/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What irq.bpf.c and irq_raw.bpf.c keep: one interrupt_cpu per CPU, and histograms of hardware interrupts per lane. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

#define SOFTIRQS 10

/* Interrupts numbered from here on share the histogram of those that have none of their own. */
#define IRQ_NUMBERS 16384

/* Handlers within handlers that are told apart: a power of two. */
#define HARDIRQ_NESTING 4

/* A device interrupt whose handler runs, or ran last at this depth. */
struct hardirq_level {
	__u64 irq;
	__u64 start;
	__u64 within;  /* ns of the handler under way that went to interrupts within it */
	__u64 handled; /* ns in the handlers of a shared line that have run for this interrupt */
} SWIFT_NAME(InterruptLevel);

/* From 2^-20 s on: to 2^-4 s and above, and to 2^-2 s and above; the first slot takes what is shorter. */
#define SOFTIRQ_FIRST_SLOT 10
#define SOFTIRQ_TIME_SLOTS 18
#define SOFTIRQ_WAIT_SLOTS 20

struct softirq_times {
	__u64 slots[SOFTIRQ_TIME_SLOTS]; /* those of struct histogram from SOFTIRQ_FIRST_SLOT on */
	__u64 sum;			 /* ns */
} SWIFT_NAME(SoftirqTimes);

struct softirq_waits {
	__u64 slots[SOFTIRQ_WAIT_SLOTS];
	__u64 sum;
} SWIFT_NAME(SoftirqWaits);

struct interrupt_cpu {
	struct hardirq_level hardirqs[HARDIRQ_NESTING];
	__u64 hardirq_depth; /* how many of these are under way */
	__u64 hardirq_ns[2]; /* while a task ran, while the CPU idled */
	__u64 softirq_start;
	__u64 softirq_hardirq; /* hardirq time when the softirq began */
	__u64 softirq_ns[2];
	__u64 raised[SOFTIRQS]; /* when first raised since it last began; 0: not raised */
	struct softirq_times durations[SOFTIRQS];
	struct softirq_waits latencies[SOFTIRQS];
	__u64 padding[7];
} SWIFT_NAME(InterruptsPerCPU);

/* 2^-20 to 2^-8 s, and above. */
#define HARDIRQ_FIRST_SLOT 10
#define HARDIRQ_TIME_SLOTS 14

struct hardirq_times {
	__u64 slots[HARDIRQ_TIME_SLOTS]; /* those of struct histogram from HARDIRQ_FIRST_SLOT on; the ends take the rest
					  */
	__u64 sum;			 /* ns */
} SWIFT_NAME(HardirqTimes);

/* Of a hardware interrupt and a lane of CPUs. */
struct hardirq_counters {
	struct hardirq_times times;
	__u64 padding[1];
} SWIFT_NAME(HardirqCounters);

struct irq_config {
	__u32 hardirq_slots; /* histograms of hardware interrupts per lane; the first is of those that share one */
	__u8 cpu_time;	     /* the sums that tell interrupts from what they interrupt */
	__u8 histograms;
	__u8 lane_shift; /* CPUs with the same number but these bits share a lane */
	__u8 unused;
} SWIFT_NAME(IRQConfig);
