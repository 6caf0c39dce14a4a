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
