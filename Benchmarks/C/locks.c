// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CBench.h"
#include <pthread.h>
#include <stdatomic.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { THREADS = 8 };

static atomic_bool is_over;
static atomic_long writes;
static int shared;

static void *write_on(void *unused)
{
	static char bytes[256 << 10];

	while (!is_over && pwrite(shared, bytes, sizeof(bytes), 0) == sizeof(bytes))
		writes++;
	return unused;
}

long cbench_locks(uint64_t ns)
{
	struct timespec time = {ns / 1000000000, ns % 1000000000};
	pthread_t threads[THREADS];
	int started = 0;

	shared = memfd_create("cbench", MFD_CLOEXEC);
	if (shared < 0)
		return -1;
	is_over = false;
	writes = 0;
	while (started < THREADS && pthread_create(&threads[started], NULL, write_on, NULL) == 0)
		started++;
	nanosleep(&time, NULL);
	is_over = true;
	for (int i = 0; i < started; i++)
		pthread_join(threads[i], NULL);
	close(shared);
	return started == THREADS ? writes : -1;
}
