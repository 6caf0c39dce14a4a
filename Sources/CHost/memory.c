// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "memory.h"

#include <elf.h>
#include <fcntl.h>
#include <link.h>
#include <malloc.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* Blocks as large as this have pages of their own, which go as they are freed. */
#define LARGE_BLOCK (1 << 20)
/* Documentation/admin-guide/mm/pagemap.rst: the page is the file's, not one that was written to since. */
#define PAGEMAP_FILE (1ULL << 61)
#define PAGES	     512

static int pagemap = -1;

void chost_memory_settle(void)
{
	/* glibc raises both limits to the size of a large block as it is freed, up to 32 MB, unless they are set. */
	mallopt(M_MMAP_THRESHOLD, LARGE_BLOCK);
	mallopt(M_TRIM_THRESHOLD, LARGE_BLOCK);
	/* An arena for each thread would keep what its largest scrape took; threads hardly ever allocate at the same
	 * time. */
	mallopt(M_ARENA_MAX, 1);
	/* not in every kernel; and an ordinary user that root became may not open its own */
	pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
}

/* Pages that were written to (relocations in old libraries, a debugger's breakpoints) are not in the file: they stay.
 */
static void drop_segment(uintptr_t start, uintptr_t end, size_t page)
{
	uint64_t entries[PAGES];

	while (start < end) {
		size_t count = (end - start) / page < PAGES ? (end - start) / page : PAGES;
		size_t first = 0;

		if (pread(pagemap, entries, count * sizeof(*entries), (off_t)(start / page * sizeof(*entries))) !=
		    (ssize_t)(count * sizeof(*entries)))
			return;
		while (first < count) {
			size_t after = first;

			while (after < count && entries[after] & PAGEMAP_FILE)
				after++;
			if (after > first)
				madvise((void *)(start + first * page), (after - first) * page, MADV_DONTNEED);
			first = after + 1;
		}
		start += count * page;
	}
}

/* A page that can be written to may be between the look at it and its end: only where nobody else could. */
struct dropping {
	size_t page;
	bool is_alone;
};

static int drop_object(struct dl_phdr_info *info, size_t size, void *argument)
{
	const struct dropping *dropping = argument;
	size_t page = dropping->page;

	(void)size;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
		uintptr_t start = info->dlpi_addr + segment->p_vaddr;

		if (segment->p_type != PT_LOAD || (segment->p_flags & PF_W && !dropping->is_alone))
			continue;
		drop_segment(start / page * page, (start + segment->p_filesz + page - 1) / page * page, page);
	}
	return 0;
}

/* Two links and one for each thread (proc_task_getattr). */
static bool is_alone(void)
{
	struct stat status;

	return !stat("/proc/self/task", &status) && status.st_nlink == 3;
}

void chost_memory_give_back(void)
{
	struct dropping dropping = {
		.page = (size_t)sysconf(_SC_PAGESIZE),
		.is_alone = is_alone(),
	};

	malloc_trim(0);
	if (pagemap >= 0)
		dl_iterate_phdr(drop_object, &dropping);
}

void chost_memory_started(void)
{
	chost_memory_give_back();
	if (pagemap >= 0)
		close(pagemap);
	pagemap = -1;
}
