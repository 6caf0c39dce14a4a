// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "helper.h"

/* A system call that may be made; with `argument` from 0 on, only where the low half of that argument is `value`. */
struct allowed_call {
	int number;
	int argument;
	uint32_t value;
};

/* Refuses all other calls of this thread, and of what it forks, with EPERM. Returns 0 or the negated errno. */
int sandbox_allow_only(const struct allowed_call *calls, size_t count);

/* Answers requests until the other side closes the socket. */
void helper_serve(int socket, int sysfs, uint32_t kinds);

int helper_send(int socket, uint32_t number, int result, const int *descriptors, int count);
