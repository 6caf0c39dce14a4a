// SPDX-License-Identifier: Apache-2.0
/* Processes beside the bench: crowds, and the server that it asks. */
#define _GNU_SOURCE
#include "CBench.h"
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

extern char **environ;

static void nap(uint64_t ns)
{
	struct timespec time = {(time_t)(ns / 1000000000), (long)(ns % 1000000000)};

	nanosleep(&time, NULL);
}

int cbench_children_start(pid_t *children, int count, uint64_t busy_ns, uint64_t period_ns)
{
	pid_t parent = getpid();

	for (int i = 0; i < count; i++) {
		pid_t child = fork();

		if (child < 0)
			return i;
		if (child == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			while (cbench_thread_ns() < busy_ns)
				;
			/* not all at the same moment */
			if (period_ns)
				nap(period_ns * (uint64_t)i / (uint64_t)count);
			while (getppid() == parent)
				period_ns ? nap(period_ns) : (void)pause();
			_exit(0);
		}
		children[i] = child;
	}
	return count;
}

void cbench_children_stop(const pid_t *children, int count)
{
	for (int i = 0; i < count; i++)
		kill(children[i], SIGKILL);
	for (int i = 0; i < count; i++)
		waitpid(children[i], NULL, 0);
}

pid_t cbench_server_start(const char *path, char *const arguments[])
{
	posix_spawn_file_actions_t actions;
	pid_t child;
	int error;

	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, STDOUT_FILENO, STDERR_FILENO);
	error = posix_spawn(&child, path, &actions, NULL, arguments, environ);
	posix_spawn_file_actions_destroy(&actions);
	return error ? -error : child;
}

void cbench_server_stop(pid_t server)
{
	kill(server, SIGTERM);
	waitpid(server, NULL, 0);
}

static int tcp_socket(struct sockaddr_in *address, int port)
{
	*address = (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons((uint16_t)port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

int cbench_free_port(void)
{
	struct sockaddr_in address;
	socklen_t length = sizeof(address);
	int descriptor = tcp_socket(&address, 0);

	bind(descriptor, (struct sockaddr *)&address, length);
	getsockname(descriptor, (struct sockaddr *)&address, &length);
	close(descriptor);
	return ntohs(address.sin_port);
}

int cbench_connect(int port)
{
	struct sockaddr_in address;
	int descriptor = tcp_socket(&address, port), on = 1;

	if (connect(descriptor, (struct sockaddr *)&address, sizeof(address))) {
		int error = -errno;

		close(descriptor);
		return error;
	}
	setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	return descriptor;
}
