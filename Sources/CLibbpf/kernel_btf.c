// SPDX-License-Identifier: Apache-2.0
//
// libbpf parses the kernel's BTF for each object anew: several megabytes are read and copied, and the heap has held
// twice their size by then. It has no call that hands it what is parsed already, so the linker leads its calls here
// (--wrap). What is shared is only read: libbpf searches it for types, and never changes it.
#include "CLibbpf.h"
#include "kernel_btf.h"
#include <pthread.h>

struct btf *__real_btf__load_vmlinux_btf(void);
void __real_btf__free(struct btf *btf);
struct btf *__wrap_btf__load_vmlinux_btf(void);
void __wrap_btf__free(struct btf *btf);

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct btf *shared;
static unsigned long users;
static unsigned long parses;
static bool is_kept;

/* Call with the lock held. */
static void free_unused(void)
{
	if (!shared || is_kept || users)
		return;
	__real_btf__free(shared);
	shared = NULL;
}

void wp_kernel_btf_keep(void)
{
	pthread_mutex_lock(&lock);
	is_kept = true;
	pthread_mutex_unlock(&lock);
}

unsigned long wp_kernel_btf_parses(void)
{
	unsigned long count;

	pthread_mutex_lock(&lock);
	count = parses;
	pthread_mutex_unlock(&lock);
	return count;
}

void wp_kernel_btf_release(void)
{
	pthread_mutex_lock(&lock);
	is_kept = false;
	free_unused();
	pthread_mutex_unlock(&lock);
}

struct btf *__wrap_btf__load_vmlinux_btf(void)
{
	struct btf *btf;

	pthread_mutex_lock(&lock);
	if (shared) {
		users++;
		btf = shared;
	} else {
		/* NULL, and errno says why, where there is none; not an error pointer, from libbpf 1.0 on */
		btf = __real_btf__load_vmlinux_btf();
		parses++;
		if (btf && is_kept) {
			shared = btf;
			users++;
		}
	}
	pthread_mutex_unlock(&lock);
	return btf;
}

void __wrap_btf__free(struct btf *btf)
{
	bool is_shared;

	pthread_mutex_lock(&lock);
	is_shared = btf && btf == shared;
	if (is_shared) {
		users--;
		free_unused();
	}
	pthread_mutex_unlock(&lock);
	if (!is_shared)
		__real_btf__free(btf);
}
