/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What exits.bpf.c keeps: one exits_cpu per CPU. */
#pragma once
#include "sched.h"
#include "../swift_name.h"

#define POLICIES 8
enum exit_result { EXIT_RESULT_OK, EXIT_RESULT_ERROR, EXIT_RESULT_SIGNAL, EXIT_RESULTS };

struct exits_cpu {
	__u64 processes[POLICIES][EXIT_RESULTS];
	__u64 switches[SWITCH_KINDS];
	struct histogram cpu;
	struct histogram lifetime;
	__u64 padding[4];
} SWIFT_NAME(ExitsPerCPU);
