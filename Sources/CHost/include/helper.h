// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

#include "objects.h"

/*
 * The privileged helper: a child process that keeps a few capabilities, so that the program, which faces the
 * network, need not. It does this and nothing else:
 *
 * - statistics: BPF_ENABLE_STATS on and off (CAP_SYS_ADMIN)
 * - file: opens a sensor's file below sysfs for reading, of the names in helper_serve.c (CAP_DAC_READ_SEARCH)
 * - event, faults, processor: opens a counter of the `power` PMU, the page-fault counters, or a counter of the
 *   processor's, of one CPU (CAP_PERFMON): counting events, of all tasks, without samples or addresses
 * - objects: tells of the machine's eBPF programs and maps, one after the other (CAP_SYS_ADMIN); it hands out none
 *
 * It is two processes. The one that is forked only waits for the other, which serves, and replaces it when it dies,
 * once a second at most. Both are the ordinary user that the program becomes, have no descriptors but a socket to
 * the program and sysfs, pass a system call filter, and end with the program.
 *
 * Messages are of fixed size; every request has one reply, and what is not exactly a request is refused.
 */
enum chost_helper_kind {
	CHOST_HELPER_STATISTICS,
	CHOST_HELPER_FILE,
	CHOST_HELPER_EVENT,
	CHOST_HELPER_FAULTS,
	CHOST_HELPER_PROCESSOR,
	CHOST_HELPER_OBJECTS,
};

#define CHOST_HELPER_PATH 224

struct chost_helper_request {
	/* Counts up: the reply has it too. Never 0. */
	uint32_t number;
	uint32_t kind;
	/* statistics: 1 for on. objects: 1 for maps. event, processor: perf_event_attr.type. Else 0, as all that a kind
	 * does not use. */
	uint32_t type;
	/* event, faults, processor */
	int32_t cpu;
	/* event, processor; objects: the id before */
	uint64_t config;
	/* processor: whether it must be on the hardware at all times */
	uint32_t pinned;
	uint32_t unused;
	/* file: below sysfs, without a slash at the beginning; zeros from its end on. */
	char path[CHOST_HELPER_PATH];
};

struct chost_helper_reply {
	uint32_t number;
	/* 0 or the negated errno. What was opened comes with it (SCM_RIGHTS). */
	int32_t result;
	/* objects: what was asked for; else zeros. */
	struct chost_bpf_object object;
};

/* As many descriptors come with a reply at most. */
#define CHOST_HELPER_DESCRIPTORS 3

struct chost_helper_options {
	/* Bits of 1 << kind: what may be asked for. */
	uint32_t kinds;
	/* What it keeps, of what the caller has. */
	uint64_t capabilities;
	const char *sysfs;
	const char *procfs;
	/* Whom it becomes. */
	bool becomes;
	uint32_t user, group;
};

/*
 * Forks the helper; to be called before there is a second thread that matters. Returns its socket, and its process in
 * `*process`, or the negated errno.
 */
int chost_helper_start(const struct chost_helper_options *options, int *process);

/*
 * Sends a request and waits for its reply, `patience` milliseconds at most. Returns the result, or a negated errno:
 * ETIMEDOUT where no reply came, EPIPE where the helper is no more. `count` is how many descriptors a success brings;
 * `object` may be NULL.
 */
int chost_helper_ask(int socket, const struct chost_helper_request *request, int patience, int *descriptors, int count,
		     struct chost_bpf_object *object);

/* Waits for the helper, whose socket is closed: a moment, after which it is killed. */
void chost_helper_end(int process);

/* Takes note of the helper's end, without waiting for it: whether it has ended. */
bool chost_helper_reap(int process);
