// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * What becomes of a system call; with `argument` from 0 on, only where the bits `mask` of the low half of that argument
 * are `value`.
 */
struct call_rule {
	int number;
	int argument;
	uint32_t mask;
	uint32_t value;
	/* What the caller gets; 0: the call is made. */
	uint32_t error;
};

#define ALL_BITS 0xffffffff

/*
 * Filters the calls of this thread, and of what it makes: the first rule that fits decides, `otherwise` is the error
 * (0: none) of calls that none fits. Returns 0 or the negated errno.
 */
int sandbox_filter(const struct call_rule *rules, size_t count, uint32_t otherwise);
