// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>

/*
 * A descriptor that can be read once one of `descriptors` can, or has ended: epoll_create1(2). Returns it
 * (close-on-exec), or the negated errno.
 */
int chost_wait_set(const int *descriptors, int count);

/*
 * Has the calling thread, and those it makes from here on, no longer take `signals` but leave them to a descriptor,
 * signalfd(2). Returns it (close-on-exec, non-blocking), or the negated errno.
 */
int chost_signals_open(const int *signals, int count);

/*
 * The next signal that has come; 0 where none has, or the negated errno. `from_kernel`: a terminal's, which all of its
 * foreground gets, or one of the kernel itself.
 */
int chost_signals_next(int descriptor, bool *from_kernel);
