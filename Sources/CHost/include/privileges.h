// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stdint.h>

/*
 * Capabilities of the calling thread as bit sets (capabilities(7)); threads made later inherit them. Each returns 0 or
 * the negated errno.
 */
int chost_capabilities(uint64_t *effective, uint64_t *permitted);
int chost_set_capabilities(uint64_t effective, uint64_t permitted);
/* Takes `capability` out of the bounding set: no program executed from here on can gain it. */
int chost_drop_bounding(int capability);
/* No program executed from here on gains privileges (PR_SET_NO_NEW_PRIVS). */
int chost_no_new_privileges(void);
/* Empties the ambient set. */
int chost_drop_ambient(void);
/*
 * Makes the calling thread, and it alone, this user without supplementary groups: real, effective and saved ids.
 * glibc's setresuid(3) would tell all threads by a signal and wait, for ever where one hangs in a driver.
 * `keep_permitted`: the permitted capabilities stay, none in effect. Does nothing where it is that user already.
 */
int chost_become(uint32_t user, uint32_t group, bool keep_permitted);
