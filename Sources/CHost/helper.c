// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CHost.h"
#include "helper_private.h"
#include "sandbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* The descriptors it has. */
enum { SOCKET = 3, SYSFS = 4, PROCFS = 5 };
/* The last capability that a kernel may know. */
#define HIGHEST_CAPABILITY 63
/* How long the start may take, in milliseconds. */
#define START_PATIENCE 5000

#define ALLOW(call)                                                                                                    \
	{                                                                                                              \
		call, -1, 0, 0, 0                                                                                      \
	}
#define ALLOW_IF(call, argument, value)                                                                                \
	{                                                                                                              \
		call, argument, ALL_BITS, value, 0                                                                     \
	}

static const struct call_rule supervisor_calls[] = {
	ALLOW_IF(SYS_clone, 0, SIGCHLD),
	ALLOW(SYS_wait4),
	ALLOW(SYS_clock_nanosleep),
	ALLOW(SYS_getppid),
	ALLOW_IF(SYS_prctl, 0, PR_SET_PDEATHSIG),
	ALLOW_IF(SYS_prctl, 0, PR_SET_SECCOMP),
	/* what the one that serves inherits: its own filter has the rest of the bounds */
	ALLOW(SYS_recvfrom),
	ALLOW(SYS_sendmsg),
	ALLOW_IF(SYS_bpf, 0, BPF_ENABLE_STATS),
	ALLOW_IF(SYS_perf_event_open, 1, (uint32_t)-1),
	ALLOW(SYS_openat2),
	ALLOW(SYS_fstat),
	ALLOW(SYS_newfstatat),
	ALLOW(SYS_pread64),
	ALLOW(SYS_close),
	ALLOW(SYS_exit_group),
	ALLOW(SYS_restart_syscall),
	/* to tell of objects */
	ALLOW_IF(SYS_bpf, 0, BPF_PROG_GET_NEXT_ID),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_GET_NEXT_ID),
	ALLOW_IF(SYS_bpf, 0, BPF_PROG_GET_FD_BY_ID),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_GET_FD_BY_ID),
	ALLOW_IF(SYS_bpf, 0, BPF_OBJ_GET_INFO_BY_FD),
};
/* Of those, the ones from here on. */
#define FIRST_OF_WORKER 6
/* And the last of them. */
#define CALLS_FOR_OBJECTS 5

#define COUNT(array) (sizeof(array) / sizeof(*(array)))

int helper_send(int socket, const struct chost_helper_reply *reply, const int *descriptors, int count)
{
	struct iovec part = {.iov_base = (void *)reply, .iov_len = sizeof(*reply)};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * CHOST_HELPER_DESCRIPTORS)];
	} control = {};
	struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1};

	if (count > 0) {
		message.msg_control = control.bytes;
		message.msg_controllen = CMSG_SPACE(sizeof(int) * (size_t)count);
		control.header = (struct cmsghdr){
			.cmsg_level = SOL_SOCKET,
			.cmsg_type = SCM_RIGHTS,
			.cmsg_len = CMSG_LEN(sizeof(int) * (size_t)count),
		};
		memcpy(CMSG_DATA(&control.header), descriptors, sizeof(int) * (size_t)count);
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) < 0 ? -errno : 0;
}

/* Leaves the helper the descriptors above, and standard streams that lead nowhere. */
static int settle_descriptors(int socket, int sysfs, int procfs)
{
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);

	/* out of the way first */
	socket = fcntl(socket, F_DUPFD_CLOEXEC, 16);
	sysfs = fcntl(sysfs, F_DUPFD_CLOEXEC, 16);
	if (procfs >= 0)
		procfs = fcntl(procfs, F_DUPFD_CLOEXEC, 16);
	if (socket < 0 || sysfs < 0)
		return -errno;
	for (int i = 0; i < 3; i++)
		/* a place in sysfs that was not opened for reading is as good where there are no devices */
		if (dup2(null >= 0 ? null : sysfs, i) < 0)
			return -errno;
	if (dup2(socket, SOCKET) < 0 || dup2(sysfs, SYSFS) < 0)
		return -errno;
	if (procfs >= 0 && dup2(procfs, PROCFS) < 0)
		return -errno;
	return syscall(SYS_close_range, (procfs < 0 ? SYSFS : PROCFS) + 1u, ~0u, 0u) ? -errno : 0;
}

static int give_up_the_rest(const struct chost_helper_options *options)
{
	const struct rlimit few = {64, 64}, none = {0, 0};
	int error = 0;

	for (int i = 0; i <= HIGHEST_CAPABILITY; i++)
		chost_drop_bounding(i);
	chost_drop_ambient();
	if (options->becomes)
		error = chost_become(options->user, options->group, true);
	if (!error)
		error = chost_set_capabilities(options->capabilities, options->capabilities);
	if (!error)
		error = chost_no_new_privileges();
	if (error)
		return error;
	/* nobody of the same user may look into it */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setrlimit(RLIMIT_NOFILE, &few) || setrlimit(RLIMIT_CORE, &none))
		return -errno;
	return 0;
}

static bool tells_of_objects(const struct chost_helper_options *options)
{
	return options->kinds & 1u << CHOST_HELPER_OBJECTS;
}

/*
 * Files below sysfs are read, and nothing else, but for procfs where fdinfo tells of objects. A kernel without Landlock
 * does without: the filter remains.
 */
static void see_only(int sysfs, int procfs)
{
	int version, ruleset = chost_landlock_create(NULL, 0, true, &version);

	if (ruleset < 0)
		return;
	if (chost_landlock_allow_open(ruleset, sysfs, false) ||
	    (procfs >= 0 && chost_landlock_allow_open(ruleset, procfs, false)))
		close(ruleset);
	else
		chost_landlock_enter(ruleset);
}

/* After the user was changed, which forgets it. */
static bool ends_with(pid_t parent)
{
	return !prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0) && syscall(SYS_getppid) == parent;
}

/* Kernels without seccomp do without. */
static int filter(const struct chost_helper_options *options, size_t first)
{
	size_t count = COUNT(supervisor_calls) - first - (tells_of_objects(options) ? 0 : CALLS_FOR_OBJECTS);
	int error = sandbox_filter(supervisor_calls + first, count, EPERM);

	return error == -EINVAL ? 0 : error;
}

_Noreturn static void supervise(const struct chost_helper_options *options, pid_t self)
{
	for (;;) {
		const struct timespec pause = {.tv_sec = 1};
		int status = -1;
		/* not fork(3), which makes more calls */
		pid_t worker = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

		if (worker == 0) {
			if (!ends_with(self) || filter(options, FIRST_OF_WORKER))
				_exit(1);
			helper_serve(SOCKET, SYSFS, PROCFS, options->kinds);
			_exit(0);
		}
		while (worker > 0 && syscall(SYS_wait4, worker, &status, 0, NULL) < 0 && errno == EINTR)
			;
		/* the program has closed its end */
		if (worker > 0 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
			_exit(0);
		syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &pause, NULL);
	}
}

_Noreturn static void begin(const struct chost_helper_options *options, int socket, int sysfs, int procfs, pid_t parent)
{
	struct chost_helper_reply reply = {};
	pid_t self = getpid();
	int error;

	/* a terminal and service managers signal all: the program says when to end, by its own end */
	signal(SIGINT, SIG_IGN);
	signal(SIGTERM, SIG_IGN);
	signal(SIGHUP, SIG_IGN);
	signal(SIGQUIT, SIG_IGN);
	prctl(PR_SET_NAME, "wattprobe-priv");
	error = settle_descriptors(socket, sysfs, procfs);
	if (error)
		_exit(1);
	error = give_up_the_rest(options);
	if (!error)
		see_only(SYSFS, tells_of_objects(options) ? PROCFS : -1);
	if (!error && !ends_with(parent))
		_exit(1);
	if (!error)
		error = filter(options, 0);
	reply.result = error;
	helper_send(SOCKET, &reply, NULL, 0);
	if (error)
		_exit(1);
	supervise(options, self);
}

/* A reply and its descriptors; their number, -EAGAIN where it is none, or another negated errno. */
static int receive(int socket, struct chost_helper_reply *reply, int descriptors[CHOST_HELPER_DESCRIPTORS])
{
	struct iovec part = {.iov_base = reply, .iov_len = sizeof(*reply)};
	union {
		struct cmsghdr header;
		char bytes[CMSG_SPACE(sizeof(int) * CHOST_HELPER_DESCRIPTORS)];
	} control = {};
	struct msghdr message = {
		.msg_iov = &part,
		.msg_iovlen = 1,
		.msg_control = control.bytes,
		.msg_controllen = sizeof(control.bytes),
	};
	ssize_t size = recvmsg(socket, &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *header = size > 0 ? CMSG_FIRSTHDR(&message) : NULL;
	int count = 0;

	if (size == 0)
		return -EPIPE;
	if (size < 0)
		return errno == ECONNRESET ? -EPIPE : errno == EINTR ? -EAGAIN : -errno;
	if (header && header->cmsg_level == SOL_SOCKET && header->cmsg_type == SCM_RIGHTS) {
		count = (int)((header->cmsg_len - CMSG_LEN(0)) / sizeof(int));
		memcpy(descriptors, CMSG_DATA(header), sizeof(int) * (size_t)count);
	}
	if (size == sizeof(*reply))
		return count;
	while (count-- > 0)
		close(descriptors[count]);
	return -EAGAIN;
}

static int64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (int64_t)time.tv_sec * 1000 + time.tv_nsec / 1000000;
}

/* Waits for the reply of this number; replies to requests that were given up are thrown away. */
static int await(int socket, uint32_t number, int patience, int *descriptors, int wanted,
		 struct chost_bpf_object *object)
{
	int64_t end = now() + patience;

	for (;;) {
		struct pollfd entry = {.fd = socket, .events = POLLIN};
		struct chost_helper_reply reply;
		int64_t left = end - now();
		int got[CHOST_HELPER_DESCRIPTORS], count;

		if (left <= 0)
			return -ETIMEDOUT;
		if (poll(&entry, 1, (int)left) <= 0)
			continue;
		count = receive(socket, &reply, got);
		if (count == -EAGAIN)
			continue;
		if (count < 0)
			return count;
		if (reply.number == number && reply.result == 0 && count == wanted) {
			while (count-- > 0)
				descriptors[count] = got[count];
			if (object)
				*object = reply.object;
			return 0;
		}
		while (count-- > 0)
			close(got[count]);
		if (reply.number == number)
			return reply.result < 0 ? reply.result : -EPROTO;
	}
}

int chost_helper_ask(int socket, const struct chost_helper_request *request, int patience, int *descriptors, int count,
		     struct chost_bpf_object *object)
{
	if (send(socket, request, sizeof(*request), MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		/* the queue is full of requests that nobody takes */
		return errno == EAGAIN ? -ETIMEDOUT : errno == ECONNRESET ? -EPIPE : -errno;
	return await(socket, request->number, patience, descriptors, count, object);
}

int chost_helper_start(const struct chost_helper_options *options, int *process)
{
	int ends[2], sysfs = open(options->sysfs, O_PATH | O_DIRECTORY | O_CLOEXEC), procfs = -1, error;
	pid_t parent = getpid(), child;

	if (sysfs < 0)
		return -errno;
	if (tells_of_objects(options))
		procfs = open(options->procfs, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends)) {
		error = -errno;
		close(sysfs);
		if (procfs >= 0)
			close(procfs);
		return error;
	}
	child = fork();
	if (child == 0)
		begin(options, ends[1], sysfs, procfs, parent);
	error = child < 0 ? -errno : 0;
	close(ends[1]);
	close(sysfs);
	if (procfs >= 0)
		close(procfs);
	if (!error)
		error = await(ends[0], 0, START_PATIENCE, NULL, 0, NULL);
	if (!error) {
		*process = child;
		return ends[0];
	}
	close(ends[0]);
	if (child > 0) {
		kill(child, SIGKILL);
		waitpid(child, NULL, 0);
	}
	return error;
}

void chost_helper_end(int process)
{
	/* it has nothing to do but to see that */
	for (int i = 0; i < 100; i++) {
		if (chost_helper_reap(process))
			return;
		usleep(10000);
	}
	kill(process, SIGKILL);
	waitpid(process, NULL, 0);
}

bool chost_helper_reap(int process)
{
	pid_t ended = waitpid(process, NULL, WNOHANG);

	return ended == process || (ended < 0 && errno == ECHILD);
}
