/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What faults.bpf.c keeps: one faults_cpu per CPU. */
#pragma once
#include "histogram.h"
#include <linux/types.h>
#include "../swift_name.h"

enum fault_kind { FAULT_MINOR, FAULT_MAJOR, FAULT_KINDS };
enum fault_mode { FAULT_USER, FAULT_KERNEL, FAULT_MODES };

struct faults_cpu {
	__u64 faults[FAULT_KINDS][FAULT_MODES];
	struct histogram durations[FAULT_KINDS];
	__u64 lost; /* faults whose start could not be kept */
	__u64 padding[1];
} SWIFT_NAME(FaultsPerCPU);

struct faults_config {
	__u8 task_storage;
} SWIFT_NAME(FaultsConfig);
