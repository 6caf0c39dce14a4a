/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What both sides read: the kernel programs write these structs, the Swift collectors map them. Only fixed-width types
 * and natural alignment; a test holds the layouts of both sides against each other.
 */
#pragma once
#include <linux/types.h>

/* Slot i counts values in (2^(i-1), 2^i] units of 2^-30 s; the last one everything above 2^16 s. */
#define HISTOGRAM_SLOTS 48

struct histogram {
	__u64 slots[HISTOGRAM_SLOTS];
	__u64 sum; /* ns */
};

/* ---- sched: one per CPU ---- */

enum switch_kind { SWITCH_VOLUNTARY, SWITCH_INVOLUNTARY, SWITCH_KINDS };
enum wakeup_kind { WAKEUP_WAKEUP, WAKEUP_NEW, WAKEUP_KINDS };
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
};

struct sched_cpu {
	struct cpu_time time;
	__u64 switches[SWITCH_KINDS];
	__u64 wakeups[WAKEUP_KINDS];
	__u64 migrations;
	__u64 events[PROCESS_EVENTS];
	__u64 held;	 /* 1 + the run_delay that the record of the running task holds; 0: none */
	__u64 lost;	 /* task records that could not be made */
	__u64 idle_task; /* address of this CPU's idle task, where it has to be learned */
	__u64 reserved[6];
	struct histogram runqueue;
	struct histogram oncpu;
	struct histogram offcpu[OFFCPU_REASONS];
	__u64 padding[3]; /* to whole cache lines */
};

struct sched_config {
	__u8 histograms;   /* run-queue, on-CPU and off-CPU times */
	__u8 kernel_waits; /* sched_info and rq clock hold the waits: no stamp at wakeup */
	__u8 task_storage;
	__u8 unused;
};

/* ---- cpu: one per CPU ---- */

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

/* ---- exits: one per CPU ---- */

#define POLICIES 8
enum exit_result { EXIT_RESULT_OK, EXIT_RESULT_ERROR, EXIT_RESULT_SIGNAL, EXIT_RESULTS };

struct exits_cpu {
	__u64 processes[POLICIES][EXIT_RESULTS];
	__u64 switches[SWITCH_KINDS];
	struct histogram cpu;
	struct histogram lifetime;
	__u64 padding[4];
};

/* ---- signals: one per CPU ---- */

#define SIGNALS 65 /* 1 to 64 */

struct signals_cpu {
	__u64 sent[SIGNALS];
	__u64 oom_kills;
	__u64 padding[6];
};

/* ---- process ---- */

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
};

enum record_kind { RECORD_THREAD = 1, RECORD_PROCESS = 2 };

/* One task seen by the iterator, a thread that is no group leader. */
struct thread_record {
	__u32 kind;
	__u32 tgid;
	struct usage usage;
};

/* A group leader: its own usage and that of its dead threads (but their run-queue time). */
struct process_record {
	__u32 kind;
	__u32 tgid;
	struct usage usage;
	__u64 start_ns;	 /* CLOCK_BOOTTIME */
	__u64 cgroup_id; /* in the v2 hierarchy */
	__u64 resident_bytes;
	__u64 virtual_bytes;
	__u32 threads;
	__u32 policy;
	__s32 priority;
	__s32 nice;
	char comm[16];
};

/* Kept for the processes user space watches, by tgid: filled as they and their threads end. */
struct watched_process {
	__u64 start_ns;
	__u64 dead_runqueue_ns; /* of its threads that ended */
	struct usage final;
	__u64 is_dead; /* final is set */
};

/* What ended processes had used, by CPU: only sums. */
struct process_cpu {
	struct usage dead;
	__u64 padding[6];
};

struct process_config {
	__u32 page_shift;
};
