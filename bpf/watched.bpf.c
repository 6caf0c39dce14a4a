// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The map that the objects with figures by process share, and nothing else: it is there before any of them. */
#include "watched.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";
