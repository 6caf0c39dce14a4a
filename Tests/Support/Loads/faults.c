// SPDX-License-Identifier: Apache-2.0
/* Page faults of a known number. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>
#include "loads.h"

static char *fresh_pages(long count)
{
	size_t length = count * getpagesize();
	char *pages = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	check(pages != MAP_FAILED, "mmap");
	/* one fault for each page; a kernel without huge pages need not be told */
	madvise(pages, length, MADV_NOHUGEPAGE);
	return pages;
}

void touch_pages(long count)
{
	volatile char *pages = fresh_pages(count);

	ready();
	for (long i = 0; i < count; i++)
		pages[i * getpagesize()] = 1;
	finish();
}

void read_into_pages(long count)
{
	char *pages = fresh_pages(count);
	int zero = open("/dev/zero", O_RDONLY);

	ready();
	for (long i = 0; i < count; i++)
		check(read(zero, pages + i * getpagesize(), 1) == 1, "read");
	finish();
}

void lock_pages(long count)
{
	char *pages = fresh_pages(count);

	ready();
	check(mlock(pages, count * getpagesize()) == 0, "mlock");
	finish();
}

void read_pages_of_file(long count)
{
	size_t page = getpagesize(), length = count * page;
	int file = open("/var/tmp", O_TMPFILE | O_RDWR, 0600);
	char *block = calloc(1, page);
	volatile char *pages;

	check(file >= 0 && block, "open /var/tmp");
	for (long i = 0; i < count; i++)
		check(write(file, block, page) == (ssize_t)page, "write");
	pages = mmap(NULL, length, PROT_READ, MAP_SHARED, file, 0);
	check(pages != MAP_FAILED, "mmap");
	/* no page is read ahead of its fault */
	check(madvise((void *)pages, length, MADV_RANDOM) == 0, "madvise");
	check(fsync(file) == 0 && posix_fadvise(file, 0, 0, POSIX_FADV_DONTNEED) == 0, "posix_fadvise");
	ready();
	for (long i = 0; i < count; i++)
		(void)pages[i * page];
	finish();
}
