/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What locks.bpf.c keeps: one locks_cpu per CPU. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

/* As the LCB_F_ flags of lock:contention_begin tell them apart. */
enum lock_kind {
	LOCK_SPINLOCK,
	LOCK_RWLOCK_READ,
	LOCK_RWLOCK_WRITE,
	LOCK_MUTEX,
	LOCK_RWSEM_READ,
	LOCK_RWSEM_WRITE,
	LOCK_PERCPU_RWSEM_READ,
	LOCK_PERCPU_RWSEM_WRITE,
	LOCK_SEMAPHORE,
	LOCK_RTMUTEX,
	LOCK_RT_RWLOCK_READ,
	LOCK_RT_RWLOCK_WRITE,
	LOCK_KINDS
};

/* Waits for locks that begin before others of the same task, or of the contexts of the same CPU, have ended. */
#define LOCK_NESTING 4

struct lock_wait {
	__u64 lock; /* its address */
	__u64 begun;
	__u64 kind;
} SWIFT_NAME(LockWait);

struct lock_waits {
	__u64 depth;
	struct lock_wait waits[LOCK_NESTING];
} SWIFT_NAME(LockWaits);

struct locks_cpu {
	__u64 attached; /* when the programs were: a wait that began before has had an end nobody saw */
	__u64 lost;	/* tasks whose waits could not be kept */
	__u64 too_deep; /* waits given up for one that nested deeper than there is room */
	struct lock_waits spinning;
	struct histogram contention[LOCK_KINDS];
	__u64 padding[4];
} SWIFT_NAME(LocksPerCPU);

struct locks_config {
	__u8 task_storage;
	__u8 unused[3];
} SWIFT_NAME(LocksConfig);
