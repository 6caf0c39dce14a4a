/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/*
 * In place of the storage of waits alone where tasks are weighed: one look-up finds both. One map: sched.bpf.c fills
 * it, process.bpf.c hands it out.
 */
struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct weighed_task);
} weighed_tasks SEC(".maps");

/* By CPU; user space says where each is. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct weight_cpu);
} weight_cpus SEC(".maps");
