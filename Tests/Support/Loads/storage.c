// SPDX-License-Identifier: Apache-2.0
/* Loads of storage that keep many requests under way at once. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/aio_abi.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include "loads.h"

#define DEPTH 512

void deep_reads(const char *path, long size, long count, long depth)
{
	int file = open(path, O_RDONLY | O_DIRECT | O_CLOEXEC);
	struct io_event events[DEPTH];
	struct iocb requests[DEPTH], *request;
	aio_context_t context = 0;
	long begun = 0, ended = 0;
	void *memory;

	check(file >= 0, path);
	check(depth <= DEPTH && posix_memalign(&memory, 4096, size) == 0, "memory");
	check(syscall(SYS_io_setup, DEPTH, &context) == 0, "io_setup");
	ready();
	while (ended < count) {
		while (begun < count && begun - ended < depth) {
			request = &requests[begun % depth];
			memset(request, 0, sizeof(*request));
			request->aio_lio_opcode = IOCB_CMD_PREAD;
			request->aio_fildes = file;
			request->aio_buf = (unsigned long)memory;
			request->aio_nbytes = size;
			request->aio_offset = begun * size;
			check(syscall(SYS_io_submit, context, 1, &request) == 1, "io_submit");
			begun++;
		}
		/* all that are under way, so that no request's place is taken while it is */
		while (ended < begun) {
			long got = syscall(SYS_io_getevents, context, 1, DEPTH, events, NULL);

			check(got > 0, "io_getevents");
			for (long i = 0; i < got; i++)
				check(events[i].res == size, "read");
			ended += got;
		}
	}
	finish();
}

void write_back(const char *path, long pages, long waiting)
{
	int file = open(path, O_WRONLY | O_CLOEXEC);
	char page[4096];

	check(file >= 0, path);
	memset(page, 1, sizeof(page));
	ready();
	for (long i = 0; i < pages; i++)
		check(pwrite(file, page, sizeof(page), i * (long)sizeof(page)) == sizeof(page), "write");
	if (waiting)
		check(fdatasync(file) == 0, "fdatasync");
	else
		check(sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WRITE) == 0 &&
			      sync_file_range(file, 0, 0, SYNC_FILE_RANGE_WAIT_AFTER) == 0,
		      "sync_file_range");
	finish();
}
