// SPDX-License-Identifier: Apache-2.0
#include "waiting.h"

#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <unistd.h>

int chost_wait_set(const int *descriptors, int count)
{
	int set = epoll_create1(EPOLL_CLOEXEC);

	if (set < 0)
		return -errno;
	for (int i = 0; i < count; i++) {
		struct epoll_event event = {.events = EPOLLIN};

		if (epoll_ctl(set, EPOLL_CTL_ADD, descriptors[i], &event)) {
			int error = errno;

			close(set);
			return -error;
		}
	}
	return set;
}

int chost_signals_open(const int *signals, int count)
{
	sigset_t set;
	int error, descriptor;

	sigemptyset(&set);
	for (int i = 0; i < count; i++)
		sigaddset(&set, signals[i]);
	error = pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (error)
		return -error;
	descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return descriptor < 0 ? -errno : descriptor;
}

int chost_signals_next(int descriptor, bool *from_kernel)
{
	struct signalfd_siginfo info;
	long count;

	do
		count = read(descriptor, &info, sizeof(info));
	while (count < 0 && errno == EINTR);
	if (count < 0)
		return errno == EAGAIN ? 0 : -errno;
	if (count != sizeof(info))
		return 0;
	*from_kernel = info.ssi_code > 0;
	return (int)info.ssi_signo;
}
