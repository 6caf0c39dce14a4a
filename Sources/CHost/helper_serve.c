// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "CHost.h"
#include "helper_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* More CPUs than Linux takes anywhere. */
#define MOST_CPUS 65536

/* The prefix, then digits, then the suffix: `energy12_input`. */
static bool is_numbered(const char *name, const char *prefix, const char *suffix)
{
	size_t digits;

	if (strncmp(name, prefix, strlen(prefix)))
		return false;
	name += strlen(prefix);
	digits = strspn(name, "0123456789");
	return digits >= 1 && digits <= 6 && !strcmp(name + digits, suffix);
}

static bool is_one_of(const char *name, const char *const names[])
{
	for (; *names; names++)
		if (!strcmp(name, *names))
			return true;
	return false;
}

static bool is_powercap_file(const char *name)
{
	return !strcmp(name, "energy_uj");
}

static bool is_hwmon_file(const char *name)
{
	/* drivers that register the old way have their files at the device */
	if (!strncmp(name, "device/", strlen("device/")))
		name += strlen("device/");
	return is_numbered(name, "energy", "_input") || is_numbered(name, "power", "_input") ||
	       is_numbered(name, "power", "_average");
}

static bool is_power_supply_file(const char *name)
{
	static const char *const names[] = {"energy_now", "charge_now", "voltage_now", "power_now", NULL};

	return is_one_of(name, names);
}

/* `class/powercap/intel-rapl:0/energy_uj` and its like. */
static bool is_sensor(const char *path)
{
	static const struct {
		const char *folder;
		bool (*has)(const char *name);
	} classes[] = {
		{"class/powercap/", is_powercap_file},
		{"class/hwmon/", is_hwmon_file},
		{"class/power_supply/", is_power_supply_file},
	};

	for (size_t i = 0; i < sizeof(classes) / sizeof(*classes); i++) {
		const char *device = path + strlen(classes[i].folder), *name;

		if (strncmp(path, classes[i].folder, strlen(classes[i].folder)))
			continue;
		name = strchr(device, '/');
		return name && name != device && *device != '.' && classes[i].has(name + 1);
	}
	return false;
}

/* Opens within `sysfs`, wherever links lead (openat2(2)); repeated where something was renamed meanwhile. */
static int open_beneath(int sysfs, const char *path, uint64_t flags)
{
	struct open_how how = {
		.flags = flags | O_CLOEXEC,
		.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS,
	};
	long fd = -1;

	for (int i = 0; i < 8; i++) {
		fd = syscall(SYS_openat2, sysfs, path, &how, sizeof(how));
		if (fd >= 0 || (errno != EAGAIN && errno != EINTR))
			break;
	}
	return fd < 0 ? -errno : (int)fd;
}

static int open_regular(int sysfs, const char *path)
{
	struct stat seen, opened;
	/* O_PATH opens nothing: no device is woken and no FIFO waited for */
	int fd = open_beneath(sysfs, path, O_PATH);

	if (fd < 0)
		return fd;
	if (fstat(fd, &seen) || !S_ISREG(seen.st_mode)) {
		close(fd);
		return -EINVAL;
	}
	close(fd);
	fd = open_beneath(sysfs, path, O_RDONLY | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fd;
	if (fstat(fd, &opened) || opened.st_dev != seen.st_dev || opened.st_ino != seen.st_ino) {
		close(fd);
		return -EAGAIN;
	}
	return fd;
}

/* perf_event_attr.type of the `power` PMU, or the negated errno. */
static long power_type(int sysfs)
{
	char text[16] = "";
	long type = 0;
	int fd = open_regular(sysfs, "bus/event_source/devices/power/type");
	ssize_t size;

	if (fd < 0)
		return fd;
	size = pread(fd, text, sizeof(text) - 1, 0);
	close(fd);
	if (size < 1 || text[0] < '0' || text[0] > '9')
		return -EINVAL;
	for (const char *digit = text; *digit >= '0' && *digit <= '9' && type < INT32_MAX / 10; digit++)
		type = type * 10 + *digit - '0';
	return type;
}

static int set_statistics(bool on)
{
	/* the kernel counts for as long as it is open */
	static int session = -1;
	union bpf_attr attr = {};

	if (!on) {
		if (session >= 0)
			close(session);
		session = -1;
		return 0;
	}
	if (session < 0) {
		attr.enable_stats.type = BPF_STATS_RUN_TIME;
		session = (int)syscall(SYS_bpf, BPF_ENABLE_STATS, &attr, sizeof(attr));
	}
	return session < 0 ? -errno : 0;
}

static bool is_zero(const char *bytes, size_t size)
{
	for (size_t i = 0; i < size; i++)
		if (bytes[i])
			return false;
	return true;
}

/* Whether all that its kind does not use is zero, and what it uses within bounds. */
static bool is_valid(const struct chost_helper_request *request)
{
	size_t length = strnlen(request->path, sizeof(request->path));
	bool is_processor = request->kind == CHOST_HELPER_PROCESSOR;
	bool is_event = request->kind == CHOST_HELPER_EVENT || is_processor;
	bool has_cpu = is_event || request->kind == CHOST_HELPER_FAULTS;

	if (request->number == 0 || length == sizeof(request->path) ||
	    !is_zero(request->path + length, sizeof(request->path) - length))
		return false;
	if (has_cpu ? request->cpu < 0 || request->cpu >= MOST_CPUS : request->cpu != 0)
		return false;
	if ((request->kind == CHOST_HELPER_FILE) != (length > 0))
		return false;
	if (request->kind == CHOST_HELPER_OBJECTS ? request->config > UINT32_MAX : !is_event && request->config != 0)
		return false;
	if (request->pinned > is_processor || request->unused)
		return false;
	return is_event ||
	       request->type <= (request->kind == CHOST_HELPER_STATISTICS || request->kind == CHOST_HELPER_OBJECTS);
}

/* Does it: how many descriptors it has put into `descriptors`, or the negated errno. */
static int carry_out(const struct chost_helper_request *request, int sysfs, int procfs, int *descriptors,
		     struct chost_bpf_object *object)
{
	long type;
	int result;

	switch (request->kind) {
	case CHOST_HELPER_STATISTICS:
		return set_statistics(request->type);
	case CHOST_HELPER_FILE:
		if (!is_sensor(request->path))
			return -EPERM;
		descriptors[0] = open_regular(sysfs, request->path);
		return descriptors[0] < 0 ? descriptors[0] : 1;
	case CHOST_HELPER_EVENT:
		type = power_type(sysfs);
		if (type < 0)
			return (int)type;
		if (request->type != type)
			return -EPERM;
		descriptors[0] = chost_perf_open(request->type, request->config, request->cpu);
		return descriptors[0] < 0 ? descriptors[0] : 1;
	case CHOST_HELPER_PROCESSOR:
		if (request->type != PERF_TYPE_HARDWARE && request->type != PERF_TYPE_SOFTWARE)
			return -EPERM;
		descriptors[0] = chost_perf_open_shared(request->type, request->config, request->cpu, request->pinned);
		return descriptors[0] < 0 ? descriptors[0] : 1;
	case CHOST_HELPER_FAULTS:
		result = chost_fault_events_open(request->cpu, descriptors);
		return result < 0 ? result : CHOST_FAULT_EVENTS;
	case CHOST_HELPER_OBJECTS:
		return chost_bpf_next(procfs, request->type, (uint32_t)request->config, object);
	}
	return -EINVAL;
}

void helper_serve(int socket, int sysfs, int procfs, uint32_t kinds)
{
	for (;;) {
		struct chost_helper_request request;
		struct chost_helper_reply reply = {};
		int descriptors[CHOST_HELPER_DESCRIPTORS];
		/* without room for control messages: descriptors that are sent along are thrown away */
		ssize_t size = recv(socket, &request, sizeof(request), MSG_TRUNC);
		int result = -EINVAL;

		if (size < 0 && errno == EINTR)
			continue;
		if (size <= 0)
			return;
		if (size != sizeof(request))
			request.number = 0;
		else if (is_valid(&request))
			result = request.kind < 32 && kinds & 1u << request.kind
					 ? carry_out(&request, sysfs, procfs, descriptors, &reply.object)
					 : -EPERM;
		reply.number = request.number;
		reply.result = result < 0 ? result : 0;
		if (helper_send(socket, &reply, descriptors, result) < 0)
			return;
		for (int i = 0; i < result; i++)
			close(descriptors[i]);
	}
}
