// SPDX-License-Identifier: Apache-2.0
#include "CHost.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdbool.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

int chost_fault_events_open(int cpu, int descriptors[CHOST_FAULT_EVENTS])
{
	/* the first one leads the group: one read gives all */
	const struct {
		uint64_t config;
		bool user;
	} events[CHOST_FAULT_EVENTS] = {
		{PERF_COUNT_SW_PAGE_FAULTS_MIN, true},
		{PERF_COUNT_SW_PAGE_FAULTS_MAJ, true},
		{PERF_COUNT_SW_PAGE_FAULTS_MAJ, false},
	};

	for (int i = 0; i < CHOST_FAULT_EVENTS; i++) {
		struct perf_event_attr attr = {
			.type = PERF_TYPE_SOFTWARE,
			.size = sizeof(attr),
			.config = events[i].config,
			.read_format = PERF_FORMAT_GROUP | PERF_FORMAT_TOTAL_TIME_ENABLED,
			.exclude_user = !events[i].user,
			.exclude_kernel = events[i].user,
		};
		long fd = syscall(SYS_perf_event_open, &attr, -1, cpu, i ? descriptors[0] : -1, PERF_FLAG_FD_CLOEXEC);

		if (fd < 0) {
			int error = errno;

			while (i-- > 0)
				close(descriptors[i]);
			return -error;
		}
		descriptors[i] = (int)fd;
	}
	return 0;
}

int chost_fault_events_read(int descriptor, uint64_t *time_enabled, uint64_t counts[CHOST_FAULT_EVENTS])
{
	struct {
		uint64_t count;
		uint64_t time_enabled;
		uint64_t values[CHOST_FAULT_EVENTS];
	} group = {};
	ssize_t size = read(descriptor, &group, sizeof(group));

	if (size < 0)
		return -errno;
	/* the group of a CPU that went offline falls apart */
	if (size != sizeof(group) || group.count != CHOST_FAULT_EVENTS)
		return -ENODEV;
	*time_enabled = group.time_enabled;
	memcpy(counts, group.values, sizeof(group.values));
	return 0;
}
