/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What the kernel itself counts of each task and its memory; process.bpf.c and tree.bpf.c read it. */
#pragma once
#include "kernel.h"
#include "layouts.h"

enum { MM_FILEPAGES, MM_ANONPAGES, MM_SWAPENTS, MM_SHMEMPAGES };

static __always_inline void read_task(struct task_struct *task, struct usage *usage)
{
	usage->runtime_ns = task->se.sum_exec_runtime;
	usage->user_ns = task->utime;
	usage->system_ns = task->stime;
	usage->voluntary_switches = task->nvcsw;
	usage->involuntary_switches = task->nivcsw;
	usage->minor_faults = task->min_flt;
	usage->major_faults = task->maj_flt;
	usage->read_bytes = task->ioac.read_bytes;
	usage->written_bytes = task->ioac.write_bytes;
	usage->runqueue_ns = task->sched_info.run_delay;
}

/*
 * A macro, since CO-RE needs the index as a constant to know the kernel's stride. Direct where the verifier follows the
 * array (it does since 6.2): that loads under confidentiality lockdown too, which refuses probe_read.
 */
#define RSS_PAGES(mm, kind)                                                                                            \
	({                                                                                                             \
		struct mm_struct___before_6_2 *old = (void *)(mm);                                                     \
		__s64 pages;                                                                                           \
		if (bpf_core_field_exists(old->rss_stat.count))                                                        \
			pages = BPF_CORE_READ(old, rss_stat.count[kind].counter);                                      \
		else                                                                                                   \
			pages = (mm)->rss_stat[kind].count;                                                            \
		pages > 0 ? (u64)pages : 0;                                                                            \
	})

#define RESIDENT_PAGES(mm) (RSS_PAGES(mm, MM_FILEPAGES) + RSS_PAGES(mm, MM_ANONPAGES) + RSS_PAGES(mm, MM_SHMEMPAGES))
