/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What loadtracking.bpf.c keeps: one loadtracking_cpu per CPU. */
#pragma once
#include "../steps.h"
#include "histogram.h"
#include "../swift_name.h"

enum load_class { LOAD_CPU_BOUND, LOAD_IO_BOUND, LOAD_BURSTY, LOAD_INTERACTIVE, LOAD_CLASSES };
enum load_signal { LOAD_UTIL_AVG, LOAD_UTIL_EST, LOAD_SIGNALS };
enum load_error { LOAD_OVER, LOAD_UNDER, LOAD_ERRORS };

/* Ratios are counted as times, 1 as a second: their slots are powers of two then, as those of times are. */
struct load_class_sums {
	__u64 actual_ns;
	__u64 estimated_ns[LOAD_SIGNALS];
	__u64 unconverged[LOAD_STEPS];
	struct histogram errors[LOAD_SIGNALS][LOAD_ERRORS];
	struct histogram convergence[LOAD_STEPS];
	__u64 padding;
} SWIFT_NAME(LoadClassSums);

struct loadtracking_cpu {
	struct load_class_sums classes[LOAD_CLASSES];
	__u64 lost;   /* points of tasks there was no room for */
	__u64 scaled; /* points at which PELT's clock had run slower than the task's */
	__u64 padding[6];
} SWIFT_NAME(LoadTrackingPerCPU);

struct loadtracking_config {
	__u64 window_ns;
	__u64 interactive_ns; /* run time between two sleeps, at most */
	__u32 cpu_bound;      /* share of the window, in 1/1024 */
	__u32 io_bound;	      /* share of the time asleep */
	__u32 tgid;	      /* only this process' tasks; 0: all */
	__u32 unused;
} SWIFT_NAME(LoadTrackingConfig);
