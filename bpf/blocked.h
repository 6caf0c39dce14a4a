/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/*
 * Why a task that leaves its CPU blocked does so. The state itself may be TASK_WAKING by now; these bits stay as the
 * task set them.
 */
static __always_inline u32 offcpu_reason(struct task_struct *task)
{
	if (BPF_CORE_READ_BITFIELD(task, in_iowait))
		return OFFCPU_IO;
	if (BPF_CORE_READ_BITFIELD(task, sched_contributes_to_load))
		return OFFCPU_UNINTERRUPTIBLE;
	return OFFCPU_INTERRUPTIBLE;
}
