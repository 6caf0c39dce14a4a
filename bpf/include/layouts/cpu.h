/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What cpu.bpf.c keeps: one idle_cpu per CPU. */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

#define IDLE_STATES 16

struct idle_cpu {
	__u64 idle_since; /* 0: not idle */
	__u64 idle_state;
	__u64 idle_ns[IDLE_STATES];
	__u64 idle_entries[IDLE_STATES];
	__u64 padding[6];
} SWIFT_NAME(IdlePerCPU);
