// SPDX-License-Identifier: Apache-2.0
//
// Switching the kernel's run-time statistics of eBPF programs on needs CAP_SYS_ADMIN, and opening an event of a CPU
// anew CAP_PERFMON or that. A child process of a few lines keeps that one capability, so that the program, which faces
// the network, need not.
#pragma once
#include <stdbool.h>
#include <linux/types.h>

/// Forks the child; to be called while the process has one thread. Returns its socket, or -errno. The child ends with
/// it.
int wp_statistics_start(void);
/// Asks the child. Returns 0 or -errno as BPF_ENABLE_STATS had it.
int wp_statistics_set(int helper, bool on);
/// Has the child open a hardware or software event that counts on `cpu`, read as count, time enabled and time running.
/// Returns the descriptor (close-on-exec), or -errno as perf_event_open(2) had it.
int wp_statistics_open_event(int helper, __u32 type, __u64 config, int cpu, bool pinned);
