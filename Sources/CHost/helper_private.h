// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

#include "helper.h"

/* Answers requests until the other side closes the socket. */
void helper_serve(int socket, int sysfs, uint32_t kinds);

int helper_send(int socket, uint32_t number, int result, const int *descriptors, int count);
