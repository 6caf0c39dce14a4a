/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What process.bpf.c hands out and keeps. */
#pragma once
#include "cgroup.h"
#include "pmu.h"
#include "weight.h"
#include "../swift_name.h"

/* What a task used since it began; of a process, what all its threads did. */
struct usage {
	__u64 runtime_ns; /* exact */
	__u64 user_ns;	  /* as the kernel's accounting splits it, by ticks on most kernels */
	__u64 system_ns;
	__u64 voluntary_switches;
	__u64 involuntary_switches;
	__u64 minor_faults;
	__u64 major_faults;
	__u64 read_bytes;
	__u64 written_bytes;
	__u64 runqueue_ns;
} SWIFT_NAME(TaskUsage);

enum record_kind { RECORD_THREAD = 1, RECORD_PROCESS = 2, RECORD_MEMORY = 3 };

/* One task seen by the iterator, a thread that is no group leader. Where tasks are weighed, `weights` follow. */
struct thread_record {
	__u32 kind;
	__u32 tgid;
	struct usage usage;
} SWIFT_NAME(ThreadRecord);

/* A group leader: its own usage and that of its dead threads (but their run-queue time). `weights` follow here, too. */
struct process_record {
	__u32 kind;
	__u32 tgid;
	struct usage usage;
	__u64 start_ns; /* CLOCK_BOOTTIME */
	struct cgroup_key cgroup;
	__u64 resident_bytes;
	__u64 virtual_bytes;
	__u32 threads;
	__u32 policy;
	__s32 priority;
	__s32 nice;
	char comm[16];
	__u32 is_kernel; /* a kernel thread */
	__u32 memory_of; /* the thread whose memory it is, a leader's own; 0: it has none, as once it ended */
} SWIFT_NAME(ProcessRecord);

/* After a thread of a process whose leader has no memory any more: the process goes on in it. */
struct memory_record {
	__u32 kind;
	__u32 tgid;
	__u32 pid;
	__u32 unused;
	__u64 resident_bytes;
	__u64 virtual_bytes;
} SWIFT_NAME(MemoryRecord);

/* Figures by process that only programs of other collectors can count. */
struct process_detail {
	__u64 events[PROCESS_EVENT_COUNTERS]; /* of the PMU: cycles, instructions, cache misses */
	__u64 syscalls;
	__u64 block_reads; /* block I/Os as they are submitted */
	__u64 block_writes;
	__u64 page_cache_accesses; /* pages */
	__u64 page_cache_insertions;
	__u64 page_cache_dirtied;
} SWIFT_NAME(ProcessDetail);

/* Which processes may be watched, a bit for each remainder of the tgid: a power of two */
#define WATCHED_BITS 65536

/* Kept for the processes user space watches, by tgid: filled as they and their threads end. */
struct watched_process {
	/*
	 * `final` is set. First, for user space copies entries upwards while they are written: a copy that finds it set
	 * has what was written before, all of `final`.
	 */
	__u64 is_dead;
	__u64 start_ns;
	__u64 dead_runqueue_ns; /* of its threads that ended */
	struct usage final;
	struct weights final_weights;
	struct process_detail detail;
} SWIFT_NAME(WatchedProcess);

/* What ended processes had used, by CPU: only sums. */
struct process_cpu {
	struct usage dead;
	__u64 dead_kernel_ns; /* of dead.runtime_ns, that of kernel threads */
	struct weights dead_weights;
	struct weights dead_kernel_weights;
	__u64 padding[5];
} SWIFT_NAME(ProcessPerCPU);

/* Run time of ended processes of one control group. */
struct cgroup_dead {
	__u64 runtime_ns;
	__u64 kernel_ns; /* of that, that of kernel threads */
} SWIFT_NAME(DeadInCgroup);

/* The same where tasks are weighed. */
struct weighed_cgroup_dead {
	struct cgroup_dead used;
	struct weights weights;
	struct weights kernel_weights;
} SWIFT_NAME(WeighedDeadInCgroup);

struct process_config {
	__u8 page_shift;
	__u8 by_cgroup; /* sum up by control group what ended processes had used */
	__u8 version1;	/* there are control groups of version 1 */
	__u8 weighed;	/* weights follow each record */
	__u16 pending;	/* what run time counts for that is not weighed yet, in 1/1024 */
	__u8 by_tree;	/* groups are trees of processes */
	__u8 unused;
} SWIFT_NAME(ProcessConfig);
