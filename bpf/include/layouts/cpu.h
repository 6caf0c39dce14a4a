/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What cpu.bpf.c keeps: one interrupt_cpu per CPU. */
#pragma once
#include <linux/types.h>

#define IDLE_STATES 16

struct interrupt_cpu {
	__u64 hardirq_start;
	__u64 hardirq_ns[2]; /* while a task ran, while the CPU idled */
	__u64 softirq_start;
	__u64 softirq_hardirq; /* hardirq time when the softirq began */
	__u64 softirq_ns[2];
	__u64 idle_since; /* 0: not idle */
	__u64 idle_state;
	__u64 idle_ns[IDLE_STATES];
	__u64 idle_entries[IDLE_STATES];
	__u64 padding[7];
};
