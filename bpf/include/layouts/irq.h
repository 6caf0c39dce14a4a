/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What irq.bpf.c and irq_raw.bpf.c keep: one interrupt_cpu per CPU, and histograms of hardware interrupts. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

#define SOFTIRQS 10

/* Interrupts numbered from here on share the histogram of those that have none of their own. */
#define IRQ_NUMBERS 16384

struct interrupt_cpu {
	__u64 hardirq_start;
	__u64 hardirq_handled; /* ns in the handlers of a shared line that have run for this interrupt */
	__u64 hardirq_ns[2];   /* while a task ran, while the CPU idled */
	__u64 softirq_start;
	__u64 softirq_hardirq; /* hardirq time when the softirq began */
	__u64 softirq_ns[2];
	__u64 raised[SOFTIRQS]; /* when first raised since it last began; 0: not raised */
	struct histogram durations[SOFTIRQS];
	struct histogram latencies[SOFTIRQS];
	__u64 padding[2];
} SWIFT_NAME(InterruptsPerCPU);

struct irq_config {
	__u32 hardirq_slots; /* histograms of hardware interrupts per CPU; the first is of those that share one */
	__u8 cpu_time;	     /* the sums that tell interrupts from what they interrupt */
	__u8 histograms;
	__u8 unused[2];
} SWIFT_NAME(IRQConfig);
