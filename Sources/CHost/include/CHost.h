// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <stdint.h>

#include "privileges.h"

/*
 * Opens one counting event, for every task on `cpu`: perf_event_open(2), which glibc has no wrapper for.
 * Returns the descriptor (close-on-exec), or the negated errno. A read gives the count as 8 bytes.
 */
int chost_perf_open(uint32_t type, uint64_t config, int cpu);
