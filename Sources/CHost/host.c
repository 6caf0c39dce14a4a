// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CHost.h"

#include <errno.h>
#include <linux/magic.h>
#include <linux/perf_event.h>
#include <poll.h>
#include <sched.h>
#include <sys/resource.h>
#include <sys/eventfd.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <linux/membarrier.h>
#include <unistd.h>

static int perf_open(uint32_t type, uint64_t config, int cpu, uint64_t read_format, bool pinned)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.read_format = read_format,
		.pinned = pinned,
	};
	long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

int chost_perf_open(uint32_t type, uint64_t config, int cpu)
{
	return perf_open(type, config, cpu, 0, false);
}

int chost_perf_open_shared(uint32_t type, uint64_t config, int cpu, bool pinned)
{
	return perf_open(type, config, cpu, PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING, pinned);
}

int chost_perf_open_task(uint32_t type, uint64_t config, int task, bool with_program)
{
	struct perf_event_attr attr = {
		.type = type,
		.size = sizeof(attr),
		.config = config,
		.read_format = PERF_FORMAT_TOTAL_TIME_ENABLED | PERF_FORMAT_TOTAL_TIME_RUNNING,
		.inherit = 1,
		.disabled = with_program,
		.enable_on_exec = with_program,
	};
	long fd = syscall(SYS_perf_event_open, &attr, task, -1, -1, PERF_FLAG_FD_CLOEXEC);

	return fd < 0 ? -errno : (int)fd;
}

void chost_await_grace_period(void)
{
	syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0);
}

int chost_raise_descriptor_limit(void)
{
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit))
		return -errno;
	if (limit.rlim_cur == limit.rlim_max)
		return 0;
	limit.rlim_cur = limit.rlim_max;
	return setrlimit(RLIMIT_NOFILE, &limit) ? -errno : 0;
}

long chost_open_descriptors(const char *path)
{
	struct statfs system;
	struct stat status;

	if (statfs(path, &system) || system.f_type != PROC_SUPER_MAGIC || stat(path, &status))
		return 0;
	return (long)status.st_size;
}

int chost_enter_cgroup_namespace(int descriptor)
{
	return setns(descriptor, CLONE_NEWCGROUP) ? -errno : 0;
}

int chost_eventfd(void)
{
	int fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);

	return fd < 0 ? -errno : fd;
}

int chost_wait(int descriptor, uint64_t nanoseconds)
{
	const struct timespec time = {
		.tv_sec = (time_t)(nanoseconds / 1000000000),
		.tv_nsec = (long)(nanoseconds % 1000000000),
	};
	struct pollfd entry = {.fd = descriptor, .events = POLLIN};
	int count = ppoll(&entry, 1, &time, NULL);

	return count < 0 ? -errno : count;
}
