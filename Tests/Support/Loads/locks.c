// SPDX-License-Identifier: Apache-2.0
/*
 * Loads that wait for locks of the kernel. To know how many wait, one thread holds the lock asleep: it writes from a
 * page that is missing until userfaultfd(2) hands it in, and the kernel takes the lock before it looks at the page.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/userfaultfd.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "loads.h"

#define PAGE	     4096
#define MOST_WAITERS 64

/* Both ends of a pipe, or a file twice. */
static int writing, reading;
static int is_pipe;
static char *missing;
static atomic_int tids[MOST_WAITERS];

static void write_byte(const char *from, long count)
{
	ssize_t done = is_pipe ? write(writing, from, count) : pwrite(writing, from, count, 0);

	check(done == count, "write");
}

static void *hold(void *unused)
{
	write_byte(missing, 1);
	return unused;
}

static void *wait_once(void *tid)
{
	*(atomic_int *)tid = syscall(SYS_gettid);
	write_byte("x", 1);
	return NULL;
}

/* As a thread is that waits for a mutex or a semaphore. */
static int sleeps_uninterruptibly(int tid)
{
	char path[64], text[512] = "", *state;
	int file;

	snprintf(path, sizeof(path), "/proc/self/task/%d/stat", tid);
	file = open(path, O_RDONLY);
	if (file < 0)
		return 0;
	if (read(file, text, sizeof(text) - 1) < 0)
		text[0] = 0;
	close(file);
	state = strrchr(text, ')');
	return state && state[1] && state[2] == 'D';
}

static pthread_t start(void *(*body)(void *), void *argument)
{
	pthread_t thread;

	check(pthread_create(&thread, NULL, body, argument) == 0, "pthread_create");
	return thread;
}

static int open_userfault(void)
{
	struct uffdio_api api = {.api = UFFD_API};
	struct uffdio_register range = {.mode = UFFDIO_REGISTER_MODE_MISSING};
	int fault = syscall(SYS_userfaultfd, O_CLOEXEC);

	check(fault >= 0, "userfaultfd");
	missing = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (unsigned long)missing;
	range.range.len = PAGE;
	check(missing != MAP_FAILED && ioctl(fault, UFFDIO_API, &api) == 0 &&
		      ioctl(fault, UFFDIO_REGISTER, &range) == 0,
	      "userfaultfd");
	return fault;
}

void lock_waits(const char *kind, long rounds, long waiters, long hold_us)
{
	int fault = open_userfault(), ends[2];
	pthread_t holder, threads[MOST_WAITERS];
	struct uffdio_zeropage page = {.range = {.start = (unsigned long)missing, .len = PAGE}};
	struct uffd_msg message;
	char bytes[MOST_WAITERS + 1];

	check(waiters <= MOST_WAITERS, "waiters");
	is_pipe = !strcmp(kind, "mutex");
	if (is_pipe) {
		check(pipe(ends) == 0, "pipe");
		reading = ends[0];
		writing = ends[1];
	} else {
		writing = memfd_create("locks", 0);
		check(writing >= 0, "memfd_create");
	}
	ready();
	for (long round = 0; round < rounds; round++) {
		check(madvise(missing, PAGE, MADV_DONTNEED) == 0, "madvise");
		holder = start(hold, NULL);
		check(read(fault, &message, sizeof(message)) == sizeof(message), "fault");
		for (int i = 0; i < waiters; i++) {
			tids[i] = 0;
			threads[i] = start(wait_once, &tids[i]);
		}
		for (int i = 0; i < waiters; i++)
			while (!tids[i] || !sleeps_uninterruptibly(tids[i]))
				nap(500);
		if (hold_us)
			nap(hold_us);
		check(ioctl(fault, UFFDIO_ZEROPAGE, &page) == 0, "UFFDIO_ZEROPAGE");
		pthread_join(holder, NULL);
		for (int i = 0; i < waiters; i++)
			pthread_join(threads[i], NULL);
		if (is_pipe)
			check(read(reading, bytes, waiters + 1) == waiters + 1, "read");
	}
	finish();
}

static atomic_int is_over;
static int folder, shared;

/*
 * Inode semaphores by renaming in one folder and writing to one file, mmap_lock by mapping beside page faults, the
 * mutex of a pipe: each held for long enough that others come.
 */
static void *contend(void *number)
{
	static char bytes[64 * PAGE];
	char old[32], new[32];
	long i = (long)number;

	snprintf(old, sizeof(old), "old-%ld", i);
	snprintf(new, sizeof(new), "new-%ld", i);
	while (!is_over) {
		char *area = mmap(NULL, 16 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		int file = openat(folder, old, O_CREAT | O_WRONLY, 0600);

		check(area != MAP_FAILED && file >= 0, "contend");
		for (int page = 0; page < 16; page++)
			area[page * PAGE] = 1;
		close(file);
		check(renameat(folder, old, folder, new) == 0 && unlinkat(folder, new, 0) == 0, "rename");
		check(pwrite(shared, bytes, sizeof(bytes), 0) == sizeof(bytes), "write");
		check(munmap(area, 16 * PAGE) == 0, "munmap");
		/* as much as went in comes out, so nobody waits for long */
		check(write(writing, bytes, 4 * PAGE) == 4 * PAGE, "write");
		for (int left = 4 * PAGE, done; left > 0; left -= done) {
			done = read(reading, bytes, left);
			check(done > 0, "read");
		}
	}
	return NULL;
}

void lock_storm(long ms, long threads)
{
	pthread_t started[MOST_WAITERS];
	char path[] = "/dev/shm/locks-XXXXXX";
	int ends[2];

	check(threads <= MOST_WAITERS && mkdtemp(path), "mkdtemp");
	folder = open(path, O_DIRECTORY | O_RDONLY);
	shared = memfd_create("locks", 0);
	check(folder >= 0 && shared >= 0 && pipe(ends) == 0, "pipe");
	reading = ends[0];
	writing = ends[1];
	check(fcntl(writing, F_SETPIPE_SZ, 1 << 20) >= MOST_WAITERS * 4 * PAGE, "F_SETPIPE_SZ");
	ready();
	for (long i = 0; i < threads; i++)
		started[i] = start(contend, (void *)i);
	nap(ms * 1000);
	is_over = 1;
	for (int i = 0; i < threads; i++)
		pthread_join(started[i], NULL);
	rmdir(path);
	finish();
}
