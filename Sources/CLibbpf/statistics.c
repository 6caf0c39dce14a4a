// SPDX-License-Identifier: Apache-2.0
#include "statistics.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

static void keep_only_sys_admin(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {};

	data[0].effective = data[0].permitted = 1u << CAP_SYS_ADMIN;
	syscall(SYS_capset, &header, data);
	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* One byte comes in, 1 for on and 0 for off; an int goes back: 0 or -errno. */
static void serve(int socket)
{
	int session = -1;
	uint8_t on;

	while (read(socket, &on, 1) == 1) {
		int result = 0;

		if (on && session < 0) {
			session = bpf_enable_stats(BPF_STATS_RUN_TIME);
			result = session < 0 ? -errno : 0;
		} else if (!on && session >= 0) {
			close(session);
			session = -1;
		}
		if (write(socket, &result, sizeof(result)) != sizeof(result))
			break;
	}
}

int wp_statistics_start(void)
{
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		return -errno;
	pid_t parent = getpid(), child = fork();
	if (child < 0) {
		int error = -errno;

		close(ends[0]);
		close(ends[1]);
		return error;
	}
	if (child == 0) {
		signal(SIGINT, SIG_IGN); /* a terminal sends it to both: the parent says when to end */
		signal(SIGTERM, SIG_IGN);
		signal(SIGHUP, SIG_IGN);
		prctl(PR_SET_NAME, "wattprobe-stats");
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(0);
		keep_only_sys_admin();
		if (dup2(ends[1], 3) < 0)
			_exit(1);
		syscall(SYS_close_range, 4u, ~0u, 0u);
		serve(3);
		_exit(0);
	}
	close(ends[1]);
	/* a child that hangs must not hang the program */
	struct timeval patience = {.tv_sec = 1};
	setsockopt(ends[0], SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	return ends[0];
}

int wp_statistics_set(int helper, bool on)
{
	uint8_t request = on;
	int result;

	if (send(helper, &request, 1, MSG_NOSIGNAL) != 1)
		return -errno;
	ssize_t got = recv(helper, &result, sizeof(result), MSG_WAITALL);
	if (got == sizeof(result))
		return result;
	return got < 0 ? -errno : -EPIPE;
}
