// SPDX-License-Identifier: Apache-2.0
/* More processes than anybody wants series of. */
#include "loads.h"
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <unistd.h>

static void join_group(const char *groups, long number)
{
	char path[512];
	int file;

	snprintf(path, sizeof(path), "%s/%ld/cgroup.procs", groups, number);
	file = open(path, O_WRONLY);
	check(file >= 0 && write(file, "0", 1) == 1, path);
	close(file);
}

/*
 * `count` processes, each in one of the `places` groups 0, 1, … of the folder `groups`, that sleep until the load ends;
 * the first `busy` of them use `us` of CPU time before.
 */
void crowd(long count, long places, const char *groups, long busy, long us)
{
	int barrier[2];
	char byte;

	ready();
	check(pipe(barrier) == 0, "pipe");
	for (long i = 0; i < count; i++) {
		pid_t child = fork();

		check(child >= 0, "fork");
		if (child)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(barrier[0]);
		join_group(groups, i % places);
		if (i < busy)
			burn(us);
		check(write(barrier[1], "", 1) == 1, "write");
		for (;;)
			pause();
	}
	close(barrier[1]);
	for (long i = 0; i < count; i++)
		check(read(barrier[0], &byte, 1) == 1, "read");
	finish();
}
