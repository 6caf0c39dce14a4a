// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "helper.h"
#include "memory.h"
#include "nvml.h"
#include "privileges.h"
#include "sandbox.h"
#include "waiting.h"

/*
 * Opens one counting event, for every task on `cpu`: perf_event_open(2), which glibc has no wrapper for.
 * Returns the descriptor (close-on-exec), or the negated errno. A read gives the count as 8 bytes.
 */
int chost_perf_open(uint32_t type, uint64_t config, int cpu);

/*
 * The same for an event that may have to share the hardware with others: a read gives the count and for how many
 * nanoseconds the event was enabled and counting, 8 bytes each. A pinned one does not share: where the hardware has no
 * room for it, a read gives nothing.
 */
int chost_perf_open_shared(uint32_t type, uint64_t config, int cpu, bool pinned);

/// Page faults by perf: minor and major ones of user mode, major ones of kernel mode.
#define CHOST_FAULT_EVENTS 3

/// Opens the three as one group that counts on `cpu`. Returns 0 or the negated errno.
int chost_fault_events_open(int cpu, int descriptors[CHOST_FAULT_EVENTS]);
/// Reads the group by its first descriptor: how long it has been enabled in nanoseconds, and the counts since it was
/// opened. Returns 0 or the negated errno; ENODEV where the group is no more, since its CPU went offline.
int chost_fault_events_read(int descriptor, uint64_t *time_enabled, uint64_t counts[CHOST_FAULT_EVENTS]);

/// Raises the soft limit on open descriptors to the hard one. Returns 0 or the negated errno.
int chost_raise_descriptor_limit(void);

/// How many descriptors a process has open, from the size of its `/proc/<pid>/fd` alone; 0 where `path` is not in
/// procfs or the kernel does not say (before f1f1f2569901, "proc: report open files as size in stat() for
/// /proc/pid/fd", 6.2).
long chost_open_descriptors(const char *path);

/// Has the calling thread, and those it makes from here on, be in this cgroup namespace: setns(2). Returns 0 or the
/// negated errno.
int chost_enter_cgroup_namespace(int descriptor);

/// A counter to wait for, eventfd(2): the descriptor (close-on-exec, non-blocking), or the negated errno.
int chost_eventfd(void);

/// Waits until the descriptor can be read or so many nanoseconds have passed, ppoll(2). Returns how many can be read,
/// or the negated errno.
int chost_wait(int descriptor, uint64_t nanoseconds);
