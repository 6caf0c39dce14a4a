// SPDX-License-Identifier: Apache-2.0
//
// The empty programs that costs are held against, and the loads that make events. A load returns how many rounds it
// did, or a negative number where this machine cannot do it.
#pragma once
#include "BPFPrograms.h"
#include <stdint.h>
#include <sys/types.h>

extern const struct wattprobe_object CBench_objects[];
extern const unsigned long CBench_object_count;

static inline const struct wattprobe_object *cbench_object_at(unsigned long index)
{
	return &CBench_objects[index];
}

/// A child that answers every byte over a pair of pipes.
struct cbench_peer {
	int to;
	int from;
	pid_t child;
};

/// Starts the child and pins both ends; cpu -1 leaves an end where it is. Returns 0 or -errno.
int cbench_peer_start(struct cbench_peer *peer, int own_cpu, int peer_cpu);
/// Sends a byte there and back `rounds` times. Returns nanoseconds per round.
double cbench_peer_rounds(const struct cbench_peer *peer, int rounds);
/// Ends the child and lets this thread run on every CPU again.
void cbench_peer_stop(struct cbench_peer *peer);

/// A ping-pong for `ns` nanoseconds, each end pinned.
long cbench_ping_pong(uint64_t ns, int own_cpu, int peer_cpu);
/// getppid() `count` times. Returns nanoseconds per call.
double cbench_calls(int count);
/// Binds this thread to one CPU; -1 lets it run on every one again.
void cbench_pin(int cpu);
/// getppid() for `ns` nanoseconds.
long cbench_call(uint64_t ns);
/// Runs `command` by the shell and returns the number that its standard output begins with; negative where there is
/// none.
double cbench_number(const char *command);
/// Starts /bin/true and waits for it, again and again: fork, exec, exit.
long cbench_spawn(uint64_t ns);
/// Moves this thread between CPUs 0 and 1.
long cbench_migrate(uint64_t ns);
/// Sleeps 100 µs at a time: timers and idle states.
long cbench_sleep(uint64_t ns);
/// Datagrams over loopback: softirqs.
long cbench_network(uint64_t ns);
/// Datagrams over loopback to a port nobody listens on: drops.
long cbench_refused_datagrams(uint64_t ns);
/// Connections over loopback, each reset as soon as it is made.
long cbench_connections(uint64_t ns);
/// Small writes to a file in the working directory, each brought to the disk: device interrupts.
long cbench_disk(uint64_t ns);
/// Threads that write to one file: waits for the lock of its inode.
long cbench_locks(uint64_t ns);
/// Reads a file from memory, and now and then from the disk.
long cbench_read(uint64_t ns);
/// Maps a file and reads a byte of each of its pages, and now and then from the disk.
long cbench_map(uint64_t ns);
/// Makes a pipe and closes it, again and again: kernel memory.
long cbench_pipes(uint64_t ns);

/// Forks `count` children. Each uses `busy_ns` of CPU time, then sleeps until it is killed or this process ends, but
/// wakes every `period_ns`, where that is not 0. Returns how many there are.
int cbench_children_start(pid_t *children, int count, uint64_t busy_ns, uint64_t period_ns);
void cbench_children_stop(const pid_t *children, int count);

/// Starts `path` with `arguments` (ended by NULL), output to /dev/null. Returns its pid or -errno.
pid_t cbench_server_start(const char *path, char *const arguments[]);
void cbench_server_stop(pid_t server);
/// A port of 127.0.0.1 that is free now.
int cbench_free_port(void);
/// Connects to 127.0.0.1. Returns a socket or -errno.
int cbench_connect(int port);
/// Lets standard output go line by line.
void cbench_print_lines(void);
/// CPU time of the calling thread.
uint64_t cbench_thread_ns(void);
/// Blocks of memory that this thread has asked for so far.
uint64_t cbench_allocations(void);
