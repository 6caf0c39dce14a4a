// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "objects.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The number behind `memlock:` and a tab at the beginning of a line. */
static uint64_t find_bytes(const char *text)
{
	static const char word[] = "\nmemlock:\t";
	const char *found = strstr(text, word);
	uint64_t bytes = 0;

	if (!found)
		return CHOST_BPF_BYTES_UNKNOWN;
	found += sizeof(word) - 1;
	if (*found < '0' || *found > '9')
		return CHOST_BPF_BYTES_UNKNOWN;
	for (; *found >= '0' && *found <= '9'; found++)
		if (__builtin_mul_overflow(bytes, 10, &bytes) ||
		    __builtin_add_overflow(bytes, (uint64_t)(*found - '0'), &bytes))
			return CHOST_BPF_BYTES_UNKNOWN;
	return bytes;
}

static uint64_t bytes_of(int procfs, int descriptor)
{
	struct open_how how = {.flags = O_RDONLY | O_CLOEXEC, .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};
	char path[32] = "self/fdinfo/", text[1024], digits[12];
	size_t length = strlen(path), count = 0;
	ssize_t size;
	long fd;

	do {
		digits[count++] = (char)('0' + descriptor % 10);
		descriptor /= 10;
	} while (descriptor > 0);
	while (count > 0)
		path[length++] = digits[--count];
	fd = syscall(SYS_openat2, procfs, path, &how, sizeof(how));
	if (fd < 0)
		return CHOST_BPF_BYTES_UNKNOWN;
	size = pread((int)fd, text, sizeof(text) - 1, 0);
	close((int)fd);
	if (size < 0)
		return CHOST_BPF_BYTES_UNKNOWN;
	text[size] = 0;
	return find_bytes(text);
}

/* What the kernel says of an object, as much as fits. */
static int get_info(int descriptor, void *info, size_t size)
{
	union bpf_attr attr = {.info = {.bpf_fd = (uint32_t)descriptor, .info_len = (uint32_t)size}};

	attr.info.info = (uint64_t)(uintptr_t)info;
	return syscall(SYS_bpf, BPF_OBJ_GET_INFO_BY_FD, &attr, sizeof(attr)) ? -errno : 0;
}

static int describe_program(int descriptor, struct chost_bpf_object *object)
{
	struct bpf_prog_info info = {};
	int error = get_info(descriptor, &info, sizeof(info));

	if (error)
		return error;
	object->type = info.type;
	object->run_time_ns = info.run_time_ns;
	object->runs = info.run_cnt;
	memcpy(object->name, info.name, sizeof(object->name) - 1);
	return 0;
}

static int describe_map(int descriptor, struct chost_bpf_object *object)
{
	struct bpf_map_info info = {};
	int error = get_info(descriptor, &info, sizeof(info));

	if (error)
		return error;
	object->type = info.type;
	memcpy(object->name, info.name, sizeof(object->name) - 1);
	return 0;
}

int chost_bpf_next(int procfs, bool is_map, uint32_t after, struct chost_bpf_object *object)
{
	memset(object, 0, sizeof(*object));
	for (;;) {
		union bpf_attr attr = {.start_id = after};
		long descriptor;
		int error;

		if (syscall(SYS_bpf, is_map ? BPF_MAP_GET_NEXT_ID : BPF_PROG_GET_NEXT_ID, &attr, sizeof(attr)))
			return -errno;
		after = attr.next_id;
		attr = (union bpf_attr){.prog_id = after};
		descriptor =
			syscall(SYS_bpf, is_map ? BPF_MAP_GET_FD_BY_ID : BPF_PROG_GET_FD_BY_ID, &attr, sizeof(attr));
		if (descriptor < 0 && errno == ENOENT)
			continue;
		if (descriptor < 0)
			return -errno;
		object->id = after;
		error = is_map ? describe_map((int)descriptor, object) : describe_program((int)descriptor, object);
		if (!error)
			object->bytes = bytes_of(procfs, (int)descriptor);
		close((int)descriptor);
		return error;
	}
}
