/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The few kernel types the programs read, by name: CO-RE finds each field where the running kernel has it. Flavours
 * (`___before_…`) name a field as older kernels do.
 */
#pragma once
#include <linux/bpf.h>
#include <stdbool.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;

/*
 * Adds without reading back: relaxed, since clang turns the __sync builtins into instructions that kernels before 5.12
 * do not know.
 */
#define atomic_add(counter, value) ((void)__atomic_fetch_add(counter, value, __ATOMIC_RELAXED))

/*
 * Set by user space: the kernel runs no program within itself on one CPU. Raw tracepoints know that since 05b24ff9b2cf
 * ("bpf: Prevent bpf program recursion for raw tracepoint probes", 6.1), trampolines since 5.12. Preemption is off
 * meanwhile at tracepoints, also since they leave it to what is called there (7.0).
 */
const volatile bool never_nests = false;

/* Adds to what one program alone writes; `is_shared`: on several CPUs. */
#define add_shared(counter, value, is_shared)                                                                          \
	({                                                                                                             \
		if (never_nests && !(is_shared))                                                                       \
			*(counter) += (value);                                                                         \
		else                                                                                                   \
			atomic_add(counter, value);                                                                    \
	})

/* The same on this CPU alone. */
#define add_alone(counter, value) add_shared(counter, value, false)

#define NSEC_PER_SEC	     1000000000ULL
#define TASK_UNINTERRUPTIBLE 0x2
#define TASK_DEAD	     0x80
#define TASK_NOLOAD	     0x400

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

typedef struct {
	int counter;
} atomic_t;

typedef struct {
	long counter;
} atomic_long_t;

struct list_head {
	struct list_head *next;
};

struct rq {
	u64 clock;
	u64 clock_task; /* without interrupts and what a hypervisor took */
};

struct cfs_rq {
	struct rq *rq;
};

struct sched_entity {
	u64 exec_start; /* of the task's clock, as sum_exec_runtime was last brought up to date */
	u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq;
};

struct sched_info {
	unsigned long pcount;
	unsigned long long run_delay;
	unsigned long long last_queued;
};

struct task_io_accounting {
	u64 read_bytes;
	u64 write_bytes;
};

struct signal_struct {
	atomic_t live;
	unsigned int flags;
	int group_exit_code;
	int nr_threads;
	struct list_head thread_head;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	unsigned long min_flt;
	unsigned long maj_flt;
	struct task_io_accounting ioac;
	unsigned long long sum_sched_runtime;
	unsigned long maxrss; /* pages, as the process ends, and of what it was before each exec */
};

struct kernfs_node {
	u64 id;
};

struct cgroup {
	struct kernfs_node *kn;
	int level;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

/* The numbers are the running kernel's. */
enum cgroup_subsys_id { cpu_cgrp_id, cpuacct_cgrp_id, memory_cgrp_id };

/* a520110e4a15 ("mm: convert mm's rss stats into percpu_counter", 6.2) made it an array of percpu counters. */
struct percpu_counter {
	__s64 count;
};

struct mm_struct {
	unsigned long total_vm;
	unsigned long hiwater_rss; /* pages, brought up to date as some are given back */
	struct percpu_counter rss_stat[4];
};

struct mm_rss_stat {
	atomic_long_t count[4];
};

struct mm_struct___before_6_2 {
	struct mm_rss_stat rss_stat;
};

struct task_struct {
	unsigned int __state;
	unsigned int flags;
	int prio;
	int static_prio;
	unsigned int policy;
	int pid;
	int tgid;
	int exit_state;
	int exit_code;
	int wake_cpu; /* where it runs, or ran */
	unsigned sched_contributes_to_load : 1;
	unsigned in_iowait : 1;
	struct sched_entity se;
	struct sched_info sched_info;
	struct mm_struct *mm;
	struct task_struct *real_parent;
	struct task_struct *group_leader;
	struct list_head thread_node;
	u64 utime;
	u64 stime;
	unsigned long nvcsw;
	unsigned long nivcsw;
	u64 start_boottime;
	unsigned long min_flt;
	unsigned long maj_flt;
	char comm[16];
	struct signal_struct *signal;
	struct task_io_accounting ioac;
	struct css_set *cgroups;
};

/* 2f064a59a11f ("sched: Change task_struct::state", 5.14) renamed it. */
struct task_struct___before_5_14 {
	long state;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

#pragma clang attribute pop

/* What a raw_tp program is given: the tracepoint's arguments; the kernel refuses to attach one that reads more. */
struct raw_tracepoint {
	u64 args[4];
};

/*
 * A difference of two stamps, none where it is negative: the clocks of two CPUs may differ by a little, and less than
 * nothing would be the longest time of all.
 */
static __always_inline u64 not_negative(u64 ns)
{
	return (__s64)ns < 0 ? 0 : ns;
}

/* From one stamp to another. */
static __always_inline u64 elapsed(u64 from, u64 to)
{
	return not_negative(to - from);
}

/* From a stamp of bpf_ktime_get_ns() until now. */
static __always_inline u64 elapsed_since(u64 from)
{
	return elapsed(from, bpf_ktime_get_ns());
}

static __always_inline unsigned int task_state(struct task_struct *task)
{
	if (bpf_core_field_exists(task->__state))
		return task->__state;
	return ((struct task_struct___before_5_14 *)task)->state;
}
