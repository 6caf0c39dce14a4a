/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once

/* What Swift calls a struct of C. */
#define SWIFT_NAME(name) __attribute__((swift_name(#name)))
