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

/// The same of one task and all that it begins, on whichever CPUs; `with_program`: from its next exec on.
int chost_perf_open_task(uint32_t type, uint64_t config, int task, bool with_program);

/// Waits for a grace period of RCU (membarrier(2)).
void chost_await_grace_period(void);

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

/// A command that is to be executed, as whom.
struct chost_command {
	char *const *arguments;
	char *const *environment;
	const unsigned int *groups;
	size_t group_count;
	unsigned int user;
	unsigned int group;
	/// Whether the three before count.
	bool changes_user;
};

struct chost_child {
	int pid;
	int go;
	int failure;
};

/// Makes a child that executes the command once it is let go; the negated errno where there can be none.
int chost_launch(const struct chost_command *command, struct chost_child *child);
/// Lets it go: 0 once it has become the command, else the errno that execve(2) failed with.
int chost_let_go(const struct chost_child *child);
/// As waitpid(2) with WNOHANG: the pid, 0 while it lives, or the negated errno.
int chost_reap(int pid, int *status);
/// Ends this process as one ended that had this status of waitpid(2).
void chost_end_like(int status) __attribute__((noreturn));

/// Keeps how signals are treated and how many descriptors there may be, for commands that are launched to have it so,
/// and has children waited for, SIGPIPE and SIGXFSZ ignored. To be called once, before signals are held back; 0 or the
/// negated errno.
int chost_launch_prepare(void);
