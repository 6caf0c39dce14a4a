// SPDX-License-Identifier: Apache-2.0
/* Processes and control groups that call themselves what nobody expects. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include "loads.h"

/*
 * Two of each kind that may become one on the way to a scrape: bytes that are no UTF-8, what such bytes are shown as,
 * one character in two forms, separators, quotes, with marks that combine with them.
 */
static const char *const names[] = {
	"x\xf8",
	"x\xf9",
	"x\xef\xbf\xbd",
	"x\xef\xbf\xbd"
	"f8",
	"x\xef\xbf\xbd+",
	"x\xc3\xa9",
	"xe\xcc\x81",
	"x\"",
	"x\\",
	"x\\\"",
	"x\n",
	"x\\n",
	"x\r\n",
	"x\r",
	"x,y=\"z\"",
	"x\"} 1",
	"x\xcc\x81",
	"\xcc\x81x",
	"x ",
	" x",
	"x\x01",
	"{}",
	"#",
	"# TYPE x",
	"x:\xcc\x81y",
	"x\xed\xa0\x80",
	"x\xc0\x80",
	"\xf0\x9f\x94\xa5",
};

#define NAMES (sizeof(names) / sizeof(*names))

static void enter(const char *folder, const char *name)
{
	char path[PATH_MAX];
	int file;

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	/* a newline is refused: /proc/<pid>/cgroup has lines */
	if (mkdir(path, 0755) && errno != EEXIST)
		return;
	strncat(path, "/cgroup.procs", sizeof(path) - strlen(path) - 1);
	file = open(path, O_WRONLY | O_CLOEXEC);
	check(file >= 0 && write(file, "0", 1) == 1, "cgroup.procs");
	close(file);
}

void strange_names(const char *folder, long ms)
{
	ready();
	for (size_t i = 0; i < NAMES; i++) {
		pid_t child = fork();

		check(child >= 0, "fork");
		if (child)
			continue;
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		enter(folder, names[i]);
		prctl(PR_SET_NAME, names[i]);
		burn(ms * 1000);
		/* under another name, and back again */
		prctl(PR_SET_NAME, names[(i + 1) % NAMES]);
		burn(ms * 1000);
		prctl(PR_SET_NAME, names[i]);
		burn(ms * 1000);
		pause();
	}
	/* what ends before this has to be waited for */
	nap(3 * ms * 1000 * NAMES);
	finish();
}
