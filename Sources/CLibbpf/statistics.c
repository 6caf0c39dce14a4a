// SPDX-License-Identifier: Apache-2.0
#include "statistics.h"
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/capability.h>
#include <linux/perf_event.h>
#include <signal.h>
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

enum request_kind { SWITCH_OFF, SWITCH_ON, OPEN_EVENT };

struct request {
	__u32 kind; /* enum request_kind */
	__u32 type;
	__u64 config;
	__s32 cpu;
	__u32 pinned;
};

/* Counting events alone, without samples of anything. */
static int open_event(const struct request *request)
{
	struct perf_event_attr attr = {
		.type = request->type,
		.size = sizeof(attr),
		.config = request->config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.pinned = request->pinned != 0,
	};
	long fd;

	if (request->type != PERF_TYPE_HARDWARE && request->type != PERF_TYPE_SOFTWARE)
		return -EINVAL;
	fd = syscall(SYS_perf_event_open, &attr, -1, request->cpu, -1, PERF_FLAG_FD_CLOEXEC);
	return fd < 0 ? -errno : (int)fd;
}

union control {
	struct cmsghdr header;
	char bytes[CMSG_SPACE(sizeof(int))];
};

/* An int goes back: 0 or -errno; a descriptor goes with it. */
static bool answer(int socket, int result, int descriptor)
{
	struct iovec part = {.iov_base = &result, .iov_len = sizeof(result)};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
	union control control = {};

	if (descriptor >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &descriptor, sizeof(int));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == sizeof(result);
}

static void serve(int socket)
{
	int session = -1;
	struct request request;

	while (recv(socket, &request, sizeof(request), MSG_WAITALL) == sizeof(request)) {
		int result = 0, event = -1;
		bool is_answered;

		if (request.kind == OPEN_EVENT) {
			event = open_event(&request);
			result = event < 0 ? event : 0;
		} else if (request.kind == SWITCH_ON && session < 0) {
			session = bpf_enable_stats(BPF_STATS_RUN_TIME);
			result = session < 0 ? -errno : 0;
		} else if (request.kind == SWITCH_OFF && session >= 0) {
			close(session);
			session = -1;
		}
		is_answered = answer(socket, result, event);
		if (event >= 0)
			close(event);
		if (!is_answered)
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

/* What the child answers; a descriptor that comes with it is `*descriptor`. */
static int ask(int helper, const struct request *request, int *descriptor)
{
	int result;
	struct iovec part = {.iov_base = &result, .iov_len = sizeof(result)};
	union control control = {};
	struct msghdr message = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &control, .msg_controllen = sizeof(control)};
	ssize_t got;

	if (send(helper, request, sizeof(*request), MSG_NOSIGNAL) != sizeof(*request))
		return -errno;
	got = recvmsg(helper, &message, MSG_WAITALL | MSG_CMSG_CLOEXEC);
	if (got != sizeof(result))
		return got < 0 ? -errno : -EPIPE;
	if (message.msg_controllen >= CMSG_LEN(sizeof(int)) && control.header.cmsg_type == SCM_RIGHTS)
		memcpy(descriptor, CMSG_DATA(&control.header), sizeof(int));
	return result;
}

int wp_statistics_set(int helper, bool on)
{
	struct request request = {.kind = on ? SWITCH_ON : SWITCH_OFF};
	int none = -1;

	return ask(helper, &request, &none);
}

int wp_statistics_open_event(int helper, __u32 type, __u64 config, int cpu, bool pinned)
{
	struct request request = {.kind = OPEN_EVENT, .type = type, .config = config, .cpu = cpu, .pinned = pinned};
	int descriptor = -1, result = ask(helper, &request, &descriptor);

	if (result == 0 && descriptor < 0)
		return -EPIPE;
	return result == 0 ? descriptor : result;
}
