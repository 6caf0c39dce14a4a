// SPDX-License-Identifier: Apache-2.0
/*
 * Loads of known size for the tests of the kernel side:
 *
 *	loads [-p POLICY] [-n NICE] [-c CPU] [-N PID] MODE ARGUMENT...
 *
 * writes "ready", begins at a line of its input, writes "done" and ends with its input.
 */
#define _GNU_SOURCE
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>
#include "loads.h"

#define MOST_ARGUMENTS 6

/* Ends at once: what others execute. */
static void quit(void)
{
}

/* The loads with words among their arguments `w`, the others of which are the numbers `n`. */
static void run_children(char **w, const long *n)
{
	children(n[0], w[1]);
}

static void run_crowd(char **w, const long *n)
{
	crowd(n[0], n[1], w[2], n[3], n[4]);
}

static void run_lock_waits(char **w, const long *n)
{
	lock_waits(w[0], n[1], n[2], n[3]);
}

static void run_deep_reads(char **w, const long *n)
{
	deep_reads(w[0], n[1], n[2], w[3] ? n[3] : 1);
}

static void run_write_back(char **w, const long *n)
{
	write_back(w[0], n[1], n[2]);
}

static void run_deaf(char **w, const long *n)
{
	(void)n;
	deaf(w[0]);
}

static void run_send_datagrams(char **w, const long *n)
{
	send_datagrams(w[0], w[1], n[2], n[3], n[4], n[5]);
}

static void run_server(char **w, const long *n)
{
	(void)n;
	server(w[0]);
}

static void run_connects(char **w, const long *n)
{
	connects(w[0], w[1], n[2], w[3]);
}

static void run_stream(char **w, const long *n)
{
	stream(w[0], w[1], n[2]);
}

static void run_strange_names(char **w, const long *n)
{
	strange_names(w[0], n[1]);
}

static void run_attempts(char **w, const long *n)
{
	attempts(w[0], w[1], n[2]);
}

/* A load by its name, with the one function that it has. */
struct load {
	const char *name;
	void (*none)(void);
	/* Of numbers: those that are not given are 0. */
	void (*one)(long a);
	void (*two)(long a, long b);
	void (*three)(long a, long b, long c);
	/* Of words and numbers: those that are not given are NULL and 0. */
	void (*words)(char **words, const long *numbers);
	/* How many of them there have to be. */
	int least, most;
};

static const struct load loads[] = {
	{"attempts", .words = run_attempts, 3, 3},
	{"brief-threads", .three = brief_threads},
	{"bursts", .three = bursts},
	{"calls", .three = calls},
	{"children", .words = run_children, 2, 2},
	{"compat-calls", .two = compat_calls},
	{"compat-forks", .one = compat_forks},
	{"connects", .words = run_connects, 4, 4},
	{"crowd", .words = run_crowd, 5, 5},
	{"cycles", .three = cycles},
	{"datagrams", .one = datagrams},
	{"deaf", .words = run_deaf, 1, 1},
	{"deep-reads", .words = run_deep_reads, 1, 4},
	{"disk-writes", .one = disk_writes},
	{"end-together", .two = end_together},
	{"exec-by-thread", .one = exec_by_thread},
	{"fork-calls", .one = fork_calls},
	{"go-on", .one = go_on},
	{"interrupted-calls", .one = interrupted_calls},
	{"killed-in-calls", .one = killed_in_calls},
	{"lock-pages", .one = lock_pages},
	{"lock-storm", .two = lock_storm},
	{"lock-waits", .words = run_lock_waits, 1, 4},
	{"migrate-asleep", .one = migrate_asleep},
	{"migrate-queued", .two = migrate_queued},
	{"mixed-sleeps", .three = mixed_sleeps},
	{"network-namespace", .none = network_namespace},
	{"outlived", .one = outlived},
	{"periodic-calls", .three = periodic_calls},
	{"ping-pong", .one = ping_pong},
	{"pipes", .one = pipes},
	{"quit", .none = quit},
	{"read-into-pages", .one = read_into_pages},
	{"read-pages-of-file", .one = read_pages_of_file},
	{"refused-calls", .two = refused_calls},
	{"refused-exits", .one = refused_exits},
	{"send-datagrams", .words = run_send_datagrams, 5, 6},
	{"server", .words = run_server, 1, 1},
	{"short-lives", .three = short_lives},
	{"signals", .two = signals},
	{"sleeping-calls", .three = sleeping_calls},
	{"spin", .one = spin},
	{"steps", .two = steps},
	{"stream", .words = run_stream, 3, 3},
	{"strange-names", .words = run_strange_names, 2, 2},
	{"synced-writes", .one = synced_writes},
	{"threads", .two = threads},
	{"timed-waits", .three = timed_waits},
	{"touch-pages", .one = touch_pages},
	{"write-back", .words = run_write_back, 1, 3},
};

/* The load of that name; ends the program where there is none. */
static const struct load *find(const char *name)
{
	for (unsigned i = 0; i < sizeof(loads) / sizeof(loads[0]); i++)
		if (!strcmp(loads[i].name, name))
			return &loads[i];
	check(0, "mode");
	return NULL;
}

static void run(const struct load *load, int count, char **arguments)
{
	char *words[MOST_ARGUMENTS] = {};
	long numbers[MOST_ARGUMENTS] = {};

	for (int i = 0; i < count && i < MOST_ARGUMENTS; i++) {
		words[i] = arguments[i];
		numbers[i] = atol(arguments[i]);
	}
	if (load->none) {
		load->none();
	} else if (load->one) {
		load->one(numbers[0]);
	} else if (load->two) {
		load->two(numbers[0], numbers[1]);
	} else if (load->three) {
		load->three(numbers[0], numbers[1], numbers[2]);
	} else {
		check(load->least <= count && count <= load->most, "arguments");
		load->words(words, numbers);
	}
}

/* Within its session, and the session among others where each is a group of its own (CONFIG_SCHED_AUTOGROUP). */
static void be_nice(const char *nice)
{
	FILE *group;

	check(setpriority(PRIO_PROCESS, 0, atoi(nice)) == 0, "setpriority");
	check(setsid() > 0, "setsid");
	group = fopen("/proc/self/autogroup", "w");
	if (group) {
		fputs(nice, group);
		fclose(group);
	}
}

static void schedule_by(int policy)
{
	struct sched_param parameter = {
		.sched_priority = policy == SCHED_FIFO || policy == SCHED_RR ? 10 : 0,
	};

	check(sched_setscheduler(0, policy, &parameter) == 0, "sched_setscheduler");
}

int main(int argc, char **argv)
{
	int option;

	while ((option = getopt(argc, argv, "+p:n:c:N:")) != -1) {
		if (option == 'N')
			enter_network_of(atoi(optarg));
		if (option == 'n')
			be_nice(optarg);
		if (option == 'c')
			bind_to(0, atoi(optarg));
		if (option == 'p')
			schedule_by(atoi(optarg));
	}
	check(optind < argc, "mode");
	run(find(argv[optind]), argc - optind - 1, argv + optind + 1);
	return 0;
}
