// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What the calling thread, and what it makes from then on, can still do: landlock(7) bounds what it opens, a seccomp(2)
 * filter which system calls it makes. Neither is ever taken back, both need PR_SET_NO_NEW_PRIVS. Each call returns 0 or
 * the negated errno unless it says otherwise.
 */

/*
 * Returns the descriptor of a Landlock ruleset that allows nothing on files yet, and of TCP, where the kernel bounds
 * that, no connecting and, if `bounds_ports`, no binding but to `ports`; 0 among them is any the kernel chooses.
 * `*version` becomes that of the kernel's interface. ENOSYS or EOPNOTSUPP: the kernel has none.
 */
int chost_landlock_create(const uint16_t *ports, size_t count, bool bounds_ports, int *version);
/* Has the ruleset allow reading `path` and what is below it; `writes`: also writing to files, and ioctl on devices. */
int chost_landlock_allow(int ruleset, const char *path, bool writes);
/* The same of what a descriptor leads to, which may be of O_PATH. */
int chost_landlock_allow_open(int ruleset, int place, bool writes);
/* Enforces the ruleset, and closes it. */
int chost_landlock_enter(int ruleset);

/*
 * Refuses (EPERM) what a program that has started does not do: executing, making processes, changing or making files,
 * loading eBPF, tracing, mounting, entering namespaces and so on. `writes_devices`: opening for reading and writing is
 * let pass. ENOSYS or EINVAL: the kernel has no seccomp.
 */
int chost_refuse_calls(bool writes_devices);
