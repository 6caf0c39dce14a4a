/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What sched.bpf.c and sched_raw.bpf.c keep: one sched_cpu per CPU. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

enum switch_kind { SWITCH_VOLUNTARY, SWITCH_INVOLUNTARY, SWITCH_KINDS };
enum process_event { EVENT_FORK, EVENT_EXEC, PROCESS_EVENTS };
enum offcpu_reason { OFFCPU_INTERRUPTIBLE, OFFCPU_UNINTERRUPTIBLE, OFFCPU_IO, OFFCPU_REASONS };

/*
 * Written by its own CPU alone, read by user space at any time: tail is raised before a change and head set to it after
 * it, so a reader that reads upwards and finds head == tail has seen no half of a change.
 */
struct cpu_time {
	__u64 head;
	__u64 task_ns; /* closed slices, interrupts included */
	__u64 idle_ns;
	__u64 last_clock;   /* scheduler clock of the last switch; 0: none yet */
	__u64 anchor_clock; /* the same moment on both clocks, renewed once a second: */
	__u64 anchor_ns;    /* CLOCK_MONOTONIC */
	__u64 is_idle;	    /* what runs since the last switch */
	__u64 tail;
} SWIFT_NAME(CPUTime);

struct sched_cpu {
	struct cpu_time time;
	__u64 switches[SWITCH_KINDS];
	__u64 new_tasks; /* woken for the first time */
	__u64 migrations;
	__u64 events[PROCESS_EVENTS];
	__u64 held;	 /* 1 + the run_delay that the record of the running task holds; 0: none */
	__u64 lost;	 /* task records that could not be made */
	__u64 idle_task; /* address of this CPU's idle task, where it has to be learned */
	__u64 leaves;	 /* it is about to go offline, is, or comes back: 0 or 1 */
	__u64 reserved[6];
	struct histogram runqueue;
	struct histogram oncpu;
	struct histogram offcpu[OFFCPU_REASONS];
	__u64 padding[3]; /* to whole cache lines */
} SWIFT_NAME(SchedPerCPU);

/* What is kept of a task while it is off the CPU. */
struct task_wait {
	__u64 blocked_at; /* 0: preempted, or never switched out */
	__u64 queued_at;  /* when it became runnable, where the kernel does not say */
	__u64 run_delay;  /* sched_info.run_delay as it was switched out */
	__u32 reason;	  /* enum offcpu_reason */
	__u32 slices;	  /* sched_info.pcount as it was switched out */
} SWIFT_NAME(TaskWait);

struct sched_config {
	__u8 histograms;   /* run-queue, on-CPU and off-CPU times */
	__u8 kernel_waits; /* sched_info and rq clock hold the waits: no stamp at wakeup */
	__u8 task_storage;
	__u8 cgroup_waits;  /* run-queue times by control group, too */
	__u8 version1;	    /* there are control groups of version 1 */
	__u8 pmu_events;    /* a bit for each event of pmu.h to count by process */
	__u8 weighs;	    /* tasks, by what they do on each package's CPUs */
	__u8 siblings;	    /* other CPUs of a core, at most */
	__u16 sibling_loss; /* what is taken off for time a sibling was busy too, in 1/1024 */
	__u32 unused;
	__u64 since_ns; /* CLOCK_BOOTTIME as it was loaded */
} SWIFT_NAME(SchedConfig);
