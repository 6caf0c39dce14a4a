// SPDX-License-Identifier: Apache-2.0
#include "privileges.h"
#include <errno.h>
#include <linux/capability.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

int chost_capabilities(uint64_t *effective, uint64_t *permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2];

	if (syscall(SYS_capget, &header, data))
		return -errno;
	*effective = (uint64_t)data[1].effective << 32 | data[0].effective;
	*permitted = (uint64_t)data[1].permitted << 32 | data[0].permitted;
	return 0;
}

int chost_set_capabilities(uint64_t effective, uint64_t permitted)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {
		{.effective = (uint32_t)effective, .permitted = (uint32_t)permitted},
		{.effective = (uint32_t)(effective >> 32), .permitted = (uint32_t)(permitted >> 32)},
	};

	return syscall(SYS_capset, &header, data) ? -errno : 0;
}

int chost_drop_bounding(int capability)
{
	return prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) ? -errno : 0;
}

int chost_no_new_privileges(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ? -errno : 0;
}

int chost_drop_ambient(void)
{
	return prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ? -errno : 0;
}

/* Whether all of the thread's ids are these: there is no way back then. */
static bool is(uint32_t user, uint32_t group)
{
	uint32_t users[3], groups[3];

	if (syscall(SYS_getresuid, &users[0], &users[1], &users[2]) ||
	    syscall(SYS_getresgid, &groups[0], &groups[1], &groups[2]))
		return false;
	for (int i = 0; i < 3; i++)
		if (users[i] != user || groups[i] != group)
			return false;
	return true;
}

int chost_become(uint32_t user, uint32_t group, bool keep_permitted)
{
	if (is(user, group))
		return 0;
	if (keep_permitted && prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0))
		return -errno;
	if (syscall(SYS_setgroups, 0, NULL) || syscall(SYS_setresgid, group, group, group) ||
	    syscall(SYS_setresuid, user, user, user))
		return -errno;
	if (keep_permitted && prctl(PR_SET_KEEPCAPS, 0, 0, 0, 0))
		return -errno;
	return is(user, group) ? 0 : -EPERM;
}
