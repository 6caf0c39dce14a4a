// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "helper.h"

/* Answers requests until the other side closes the socket. */
void helper_serve(int socket, int sysfs, int procfs, uint32_t kinds);

int helper_send(int socket, const struct chost_helper_reply *reply, const int *descriptors, int count);
