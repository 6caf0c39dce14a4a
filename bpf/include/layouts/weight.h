/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What sched.bpf.c weighs tasks by, so that energy can be divided among them, and process.bpf.c hands out. */
#pragma once
#include "sched.h"
#include "../swift_name.h"

/* Packages that are told apart. */
#define WEIGHT_PACKAGES 8
/* Other CPUs of the same core, at most. */
#define WEIGHT_SIBLINGS 7

/* What tasks did on the CPUs of each package: nanoseconds or cycles, fewer where a sibling was busy too. */
struct weights {
	__u64 of_package[WEIGHT_PACKAGES];
} SWIFT_NAME(PackageWeights);

/* What is kept of a task where tasks are weighed. */
struct weighed_task {
	struct weights own;	  /* written by the CPU it leaves, and by no other */
	struct weights inherited; /* a leader's: of threads of its group that ended */
	__u64 ran_ns;		  /* of its run time, what was weighed */
	struct task_wait wait;
} SWIFT_NAME(WeighedTask);

/* How one CPU weighs. */
struct weight_cpu {
	__u32 lane; /* 1 + that of its package; 0: not known yet */
	__u32 siblings[WEIGHT_SIBLINGS];
	__u64 sibling_ns; /* how long its siblings had been busy when something was last weighed here */
	__u64 busy_ns;	  /* all run time that was weighed here */
	/* Where cycles weigh: of late, how many there were in how much run time. */
	__u64 counted_cycles;
	__u64 counted_ns;
} SWIFT_NAME(WeightPerCPU);
