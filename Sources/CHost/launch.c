/* SPDX-License-Identifier: Apache-2.0 */
/* Commands that begin when they are told to. */
#define _GNU_SOURCE
#include "CHost.h"
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

static sigset_t mask_before;
static struct sigaction child_before, pipe_before, size_before;
static struct rlimit descriptors_before;
static bool is_prepared;

int chost_launch_prepare(void)
{
	struct sigaction standard = {.sa_handler = SIG_DFL}, ignored = {.sa_handler = SIG_IGN};

	/* inherited as ignored, children would go unseen */
	if (sigaction(SIGCHLD, &standard, &child_before) || sigaction(SIGPIPE, &ignored, &pipe_before) ||
	    sigaction(SIGXFSZ, &ignored, &size_before) || getrlimit(RLIMIT_NOFILE, &descriptors_before) ||
	    sigprocmask(SIG_BLOCK, NULL, &mask_before))
		return -errno;
	is_prepared = true;
	return 0;
}

static void restore(void)
{
	if (!is_prepared)
		return;
	sigaction(SIGCHLD, &child_before, NULL);
	sigaction(SIGPIPE, &pipe_before, NULL);
	sigaction(SIGXFSZ, &size_before, NULL);
	setrlimit(RLIMIT_NOFILE, &descriptors_before);
	sigprocmask(SIG_SETMASK, &mask_before, NULL);
}

static void become(const struct chost_command *command)
{
	if (!command->changes_user)
		return;
	if (setgroups(command->group_count, command->groups) || setgid(command->group) || setuid(command->user))
		_exit(125);
}

/* The child, until it is the command. */
static void __attribute__((noreturn)) execute(const struct chost_command *command, int go, int failure)
{
	char byte;
	int error;

	/* the end of the other side is its parent's */
	if (read(go, &byte, 1) != 1)
		_exit(125);
	become(command);
	restore();
	execvpe(command->arguments[0], command->arguments, command->environment);
	error = errno;
	(void)!write(failure, &error, sizeof(error));
	_exit(error == ENOENT || error == ENOTDIR ? 127 : 126);
}

int chost_launch(const struct chost_command *command, struct chost_child *child)
{
	int go[2], failure[2], error;

	if (pipe2(go, O_CLOEXEC))
		return -errno;
	if (pipe2(failure, O_CLOEXEC)) {
		error = -errno;
		close(go[0]);
		close(go[1]);
		return error;
	}
	child->pid = fork();
	error = -errno;
	if (child->pid == 0) {
		close(go[1]);
		execute(command, go[0], failure[1]);
	}
	close(go[0]);
	close(failure[1]);
	child->go = go[1];
	child->failure = failure[0];
	if (child->pid > 0)
		return 0;
	close(go[1]);
	close(failure[0]);
	return error;
}

int chost_let_go(const struct chost_child *child)
{
	int error = 0;
	ssize_t size;

	if (write(child->go, "", 1) != 1)
		return errno;
	close(child->go);
	/* closed without a word as the command begins */
	do
		size = read(child->failure, &error, sizeof(error));
	while (size < 0 && errno == EINTR);
	close(child->failure);
	return size == sizeof(error) ? error : 0;
}

int chost_reap(int pid, int *status)
{
	int found = waitpid(pid, status, WNOHANG);

	return found < 0 ? -errno : found;
}

void chost_end_like(int status)
{
	sigset_t mask;

	if (!WIFSIGNALED(status))
		_exit(WEXITSTATUS(status));
	sigemptyset(&mask);
	sigaddset(&mask, WTERMSIG(status));
	signal(WTERMSIG(status), SIG_DFL);
	sigprocmask(SIG_UNBLOCK, &mask, NULL);
	raise(WTERMSIG(status));
	/* one that ends nobody here */
	_exit(128 + WTERMSIG(status));
}
