/* SPDX-License-Identifier: Apache-2.0 */
#pragma once

/* Tells the test that everything is set up, and waits for its word to begin. */
void ready(void);
/* Tells the test that the load is over, and waits, with all figures as they stand, until it lets go. */
void finish(void);

/* Uses `us` of the calling thread's CPU time. */
void burn(long us);
void nap(long us);
/* Binds thread `tid` (0: the caller) to one CPU. */
void bind_to(int tid, int cpu);
/* Ends the program where a call failed that should not. */
void check(int is_fine, const char *what);

/* Two processes pass a byte to and fro. The second one lives as long as the first. */
void ping_pong(long rounds);
/* Children that end in the same way ("killed", "execs", "naps", "fails" or none of these), one after the other. */
void children(long count, const char *way);
/* Children that use `us` of CPU time each, so many `together`. */
void short_lives(long count, long us, long together);
/* Threads burn from the start, and still do as the load says after `ms` that it is done. */
void threads(long count, long ms);
/* Uses `burn_us` of CPU time, then sleeps for `nap_us`, `count` times. */
void bursts(long count, long burn_us, long nap_us);
/* Uses `burn_us` of CPU time at the start of each of `count` periods. */
void cycles(long count, long burn_us, long period_us);
/* A tenth of a CPU and eight tenths in turn, each for `ms`, `count` times. */
void steps(long count, long ms);
/* Uses `ms` of CPU time. */
void spin(long ms);
/* Writes that reach the disk, one after the other. */
void synced_writes(long count);
/* Pipes that one process makes and another one closes, when it ends. */
void pipes(long count);
/* The signal `number`, `count` times to itself: ignored, so that each is sent and none is left pending. */
void signals(long number, long count);

/* A thread asleep is bound to another CPU and woken there, `count` times. */
void migrate_asleep(long count);
/* A thread woken behind a real-time one waits `us` in the queue, then is bound to another CPU, `count` times. */
void migrate_queued(long count, long us);
/* `count` sleeping processes in the groups 0 to `places` - 1 of a folder, of which `busy` first use `us` of CPU time.
 */
void crowd(long count, long places, const char *groups, long busy, long us);
/* Threads that use `us` of CPU time each, so many at once, one set after the other. */
void brief_threads(long count, long us, long together);
/* Uses `us`; then another thread takes the leader's place by exec, and uses `us` again. */
void exec_by_thread(long us);
void go_on(long us);
/* touch_pages() by another thread than the first, which has ended. */
void outlived(long count);
/* Processes in groups below `folder`, of names that nobody expects, each renamed and renamed back; `ms` of work in
 * between. */
void strange_names(const char *folder, long ms);
void attempts(const char *process, const char *folder, long port);
/* A process whose threads all end it at the same moment, `count` times. */
void end_together(long count, long threads);

/* Datagrams over loopback: a NET_RX software interrupt each. */
void datagrams(long count);
/* Writes to a file in the working directory, each brought to the disk: a device interrupt each at least. */
void disk_writes(long count);

/*
 * So many threads wait for one lock of the kernel ("mutex", "rwsem"), once each, in each of the rounds; it is let go
 * `hold_us` after all have come.
 */
void lock_waits(const char *kind, long rounds, long waiters, long hold_us);
/* Threads that contend for all kinds of the kernel's locks. */
void lock_storm(long ms, long threads);

/* The call `number`, `count` times, with one argument. */
void calls(long number, long count, long argument);
/* The same by the 32-bit table of x86. */
void compat_calls(long number, long count);
/* Children by fork(), or clone() where there is none, that end by exit(), one after the other. */
void fork_calls(long count);
/* The same by the 32-bit table of x86. */
void compat_forks(long count);
/* The call `number`, which a seccomp filter answers with EXDEV. */
void refused_calls(long number, long count);
void refused_exits(long count);
/* The call `number` once in each of `count` periods. */
void periodic_calls(long number, long count, long period_us);
/* pselect6() of the shortest, of a middle and of the longest time by turns. */
void timed_waits(long count, long shortest_us, long longest_us);
void mixed_sleeps(long rounds, long shortest_us, long longest_us);
/* nanosleep() or pselect6() of `us`, `count` times. */
void sleeping_calls(long number, long count, long us);
/* sigsuspend() interrupted by a handler, `count` times. */
void interrupted_calls(long count);
/* Children killed inside pause(), one after the other. */
void killed_in_calls(long count);

/* Page faults, `count` of them: minor ones of user mode, */
void touch_pages(long count);
/* minor ones of kernel mode, */
void read_into_pages(long count);
/* minor ones of kernel mode without a fault of the processor, */
void lock_pages(long count);
/* major ones of user mode. */
void read_pages_of_file(long count);
/* Goes on in the network namespace of process `pid`. */
void enter_network_of(int pid);
/* A network namespace of its own, for as long as it lives. */
void network_namespace(void);
/* A socket that takes datagrams and never reads them. */
void deaf(const char *port);
/* Sends `count` datagrams of `size` bytes, `us` apart, each to be cut up into `segment` bytes if not 0. */
void send_datagrams(const char *address, const char *port, long count, long size, long us, int segment);
/* Accepts connections, reads each to its end and closes it. */
void server(const char *port);
/* Connects `count` times, one after the other, and ends each connection in the same `way`. */
void connects(const char *address, const char *port, long count, const char *way);
/* Sends `bytes` over one connection. */
void stream(const char *address, const char *port, long bytes);

/* Reads `path` from its beginning by direct requests of `size` bytes, up to `depth` at once. */
void deep_reads(const char *path, long size, long count, long depth);
/* Writes pages of `path` to memory, then has them brought to the device: by the kernel, or while this one waits. */
void write_back(const char *path, long pages, long waiting);
