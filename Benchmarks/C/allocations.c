// SPDX-License-Identifier: Apache-2.0
/* The allocator of the C library, counted by thread. */
#include "CBench.h"
#include <errno.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *block, size_t size);
extern void *__libc_memalign(size_t alignment, size_t size);
extern void __libc_free(void *block);

static __thread uint64_t count __attribute__((tls_model("initial-exec")));

uint64_t cbench_allocations(void)
{
	return count;
}

void *malloc(size_t size)
{
	count++;
	return __libc_malloc(size);
}

void *calloc(size_t number, size_t size)
{
	count++;
	return __libc_calloc(number, size);
}

void *realloc(void *block, size_t size)
{
	count++;
	return __libc_realloc(block, size);
}

void *memalign(size_t alignment, size_t size)
{
	count++;
	return __libc_memalign(alignment, size);
}

void *aligned_alloc(size_t alignment, size_t size)
{
	return memalign(alignment, size);
}

int posix_memalign(void **block, size_t alignment, size_t size)
{
	*block = memalign(alignment, size);
	return *block ? 0 : ENOMEM;
}

void free(void *block)
{
	__libc_free(block);
}
