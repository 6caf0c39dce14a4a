// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/*
 * As in the kernel's include/uapi/linux/landlock.h, which Debian 12 has as of version 2 of the interface: the numbers
 * of the versions are those of the kernel's.
 */
#define CREATE_RULESET_VERSION (1u << 0)
#define RULE_PATH_BENEATH      1
#define RULE_NET_PORT	       2

#define FS_WRITE_FILE (1ull << 1)
#define FS_READ_FILE  (1ull << 2)
#define FS_READ_DIR   (1ull << 3)
#define FS_IOCTL_DEV  (1ull << 15)
/* All that each version knows of files: from 5 on, ioctl on devices; from 3, truncating; from 2, linking elsewhere. */
#define FS_VERSION_1 ((1ull << 13) - 1)
#define FS_VERSION_2 ((1ull << 14) - 1)
#define FS_VERSION_3 ((1ull << 15) - 1)
#define FS_VERSION_5 ((1ull << 16) - 1)

#define NET_BIND_TCP	(1ull << 0)
#define NET_CONNECT_TCP (1ull << 1)

/* Kernels before version 4 take the first member alone. */
struct ruleset {
	uint64_t files, ports;
};

struct path_beneath {
	uint64_t allowed;
	int32_t place;
} __attribute__((packed));

struct net_port {
	uint64_t allowed, port;
};

static uint64_t files_of(int version)
{
	return version >= 5 ? FS_VERSION_5 : version >= 3 ? FS_VERSION_3 : version == 2 ? FS_VERSION_2 : FS_VERSION_1;
}

static int kernel_version(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, (size_t)0, CREATE_RULESET_VERSION);

	return version < 0 ? -errno : (int)version;
}

int chost_landlock_create(const uint16_t *ports, size_t count, bool bounds_ports, int *version)
{
	struct ruleset ruleset = {.ports = NET_CONNECT_TCP | (bounds_ports ? NET_BIND_TCP : 0)};
	bool has_ports;
	int descriptor;

	*version = kernel_version();
	if (*version < 0)
		return *version;
	has_ports = *version >= 4;
	ruleset.files = files_of(*version);
	/* the descriptor is close-on-exec */
	descriptor = (int)syscall(SYS_landlock_create_ruleset, &ruleset,
				  has_ports ? sizeof(ruleset) : sizeof(ruleset.files), 0u);
	if (descriptor < 0)
		return -errno;
	for (size_t i = 0; has_ports && bounds_ports && i < count; i++) {
		struct net_port rule = {.allowed = NET_BIND_TCP, .port = ports[i]};

		if (syscall(SYS_landlock_add_rule, descriptor, RULE_NET_PORT, &rule, 0u)) {
			int error = -errno;

			close(descriptor);
			return error;
		}
	}
	return descriptor;
}

int chost_landlock_allow_open(int ruleset, int place, bool writes)
{
	struct path_beneath rule = {.allowed = FS_READ_FILE | FS_READ_DIR, .place = place};
	struct stat status;

	if (fstat(place, &status))
		return -errno;
	if (writes)
		rule.allowed |= FS_WRITE_FILE | FS_IOCTL_DEV;
	if (!S_ISDIR(status.st_mode))
		rule.allowed &= ~FS_READ_DIR;
	rule.allowed &= files_of(kernel_version());
	return syscall(SYS_landlock_add_rule, ruleset, RULE_PATH_BENEATH, &rule, 0u) ? -errno : 0;
}

int chost_landlock_allow(int ruleset, const char *path, bool writes)
{
	int place = open(path, O_PATH | O_CLOEXEC), error;

	if (place < 0)
		return -errno;
	error = chost_landlock_allow_open(ruleset, place, writes);
	close(place);
	return error;
}

int chost_landlock_enter(int ruleset)
{
	int error = syscall(SYS_landlock_restrict_self, ruleset, 0u) ? -errno : 0;

	close(ruleset);
	return error;
}
