/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What signals.bpf.c keeps: one signals_cpu per CPU. */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

#define SIGNALS 65 /* 1 to 64 */

struct signals_cpu {
	__u64 sent[SIGNALS];
	__u64 padding[7];
} SWIFT_NAME(SignalsPerCPU);
