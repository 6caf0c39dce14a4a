// SPDX-License-Identifier: Apache-2.0
#include "CLibbpf.h"
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/utsname.h>

static _Thread_local char log_text[16384];
static _Thread_local size_t log_length;

static int log_append(enum libbpf_print_level level, const char *format, va_list arguments)
{
	if (level != LIBBPF_WARN)
		return 0;
	size_t room = sizeof(log_text) - log_length;
	if (room < 2)
		return 0;
	int written = vsnprintf(log_text + log_length, room, format, arguments);
	if (written > 0)
		log_length += (size_t)written < room ? (size_t)written : room - 1;
	return written;
}

void wp_log_install(void)
{
	libbpf_set_print(log_append);
}

void wp_log_clear(void)
{
	log_length = 0;
	log_text[0] = 0;
}

const char *wp_log_text(void)
{
	return log_text;
}

bool wp_kernel_is_at_least(unsigned int version, unsigned int patch_level)
{
	struct utsname names;
	unsigned int running_version, running_level;

	if (uname(&names) || sscanf(names.release, "%u.%u", &running_version, &running_level) != 2)
		return false;
	return running_version != version ? running_version > version : running_level >= patch_level;
}

struct bpf_object *wp_object_open(const void *bytes, size_t size, const char *name)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = name);
	return bpf_object__open_mem(bytes, size, &options);
}

int wp_find_global(const struct bpf_object *object, const char *section, const char *name, __u32 *offset, __u32 *size)
{
	const struct btf *btf = bpf_object__btf(object);
	__s32 id = btf ? btf__find_by_name_kind(btf, section, BTF_KIND_DATASEC) : -ENOENT;
	if (id < 0)
		return -ENOENT;
	const struct btf_type *type = btf__type_by_id(btf, id);
	const struct btf_var_secinfo *variable = btf_var_secinfos(type);
	for (int i = 0; i < btf_vlen(type); i++, variable++) {
		const struct btf_type *t = btf__type_by_id(btf, variable->type);
		if (strcmp(btf__name_by_offset(btf, t->name_off), name) == 0) {
			*offset = variable->offset;
			*size = variable->size;
			return 0;
		}
	}
	return -ENOENT;
}

static const struct btf_type *find_struct(const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	__s32 id = btf ? btf__find_by_name_kind(btf, name, BTF_KIND_STRUCT) : -ENOENT;
	return id < 0 ? NULL : btf__type_by_id(btf, id);
}

int wp_struct_size(const struct bpf_object *object, const char *name)
{
	const struct btf_type *type = find_struct(object, name);
	return type ? (int)type->size : -ENOENT;
}

int wp_member_offset(const struct bpf_object *object, const char *name, const char *member)
{
	const struct btf_type *type = find_struct(object, name);
	if (!type)
		return -ENOENT;
	const struct btf *btf = bpf_object__btf(object);
	const struct btf_member *members = btf_members(type);
	for (int i = 0; i < btf_vlen(type); i++)
		if (strcmp(btf__name_by_offset(btf, members[i].name_off), member) == 0)
			return (int)btf_member_bit_offset(type, i) / 8;
	return -ENOENT;
}

/* The value of a type that is called so: an enumerator's own, a function's 0. */
static void find_values(const struct btf *btf, const char *const *names, size_t count, long *values)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++) {
		const struct btf_type *type = btf__type_by_id(btf, id);
		__u32 length = btf_is_enum(type) ? btf_vlen(type) : 0;

		for (__u32 i = 0; i < length; i++) {
			const struct btf_enum *value = &btf_enum(type)[i];
			const char *name = btf__name_by_offset(btf, value->name_off);

			for (size_t wanted = 0; wanted < count; wanted++)
				if (values[wanted] < 0 && !strcmp(name, names[wanted]))
					values[wanted] = value->val;
		}
	}
}

void wp_kernel_values(const char *const *names, size_t count, long *values)
{
	struct btf *btf = btf__load_vmlinux_btf();

	for (size_t i = 0; i < count; i++)
		values[i] = -ENOENT;
	if (!btf || libbpf_get_error(btf))
		return;
	find_values(btf, names, count, values);
	btf__free(btf);
}

int wp_set_global(const struct bpf_object *object, const char *section, __u32 value)
{
	const struct bpf_map *map = bpf_object__find_map_by_name(object, section);
	__u32 key = 0;

	if (!map)
		return -ENOENT;
	if (bpf_map__value_size(map) != sizeof(value))
		return -EINVAL;
	return bpf_map_update_elem(bpf_map__fd(map), &key, &value, BPF_ANY);
}

int wp_run_on_cpu(int program_fd, int cpu, const __u64 *arguments, __u32 count)
{
	LIBBPF_OPTS(bpf_test_run_opts, options, .flags = BPF_F_TEST_RUN_ON_CPU, .cpu = cpu);

	/* the kernel takes no context without a size, nor a size without a context */
	options.ctx_in = count ? arguments : NULL;
	options.ctx_size_in = count * sizeof(*arguments);
	return bpf_prog_test_run_opts(program_fd, &options);
}

int wp_program_info(int program_fd, struct wp_program_info *out)
{
	struct bpf_prog_info info = {};
	__u32 length = sizeof(info);
	int error = bpf_obj_get_info_by_fd(program_fd, &info, &length);
	if (error)
		return error;
	out->id = info.id;
	out->run_time_ns = info.run_time_ns;
	out->run_count = info.run_cnt;
	out->recursion_misses = info.recursion_misses;
	return 0;
}

int wp_next_entries(int map_fd, void *cursor, bool first, void *keys, void *values, __u32 *count)
{
	LIBBPF_OPTS(bpf_map_batch_opts, options);
	int error = bpf_map_lookup_batch(map_fd, first ? NULL : cursor, cursor, keys, values, count, &options);

	if (!error)
		return 1;
	return error == -ENOENT ? 0 : error;
}

long wp_count_entries(int map_fd, __u32 key_size, __u32 value_size)
{
	enum { BATCH = 512 };
	__u64 cursor = 0;
	long total = 0;
	int state = 1;
	bool first = true;
	void *keys = calloc(BATCH, key_size), *values = calloc(BATCH, value_size);

	while (keys && values && state > 0) {
		__u32 count = BATCH;

		state = wp_next_entries(map_fd, &cursor, first, keys, values, &count);
		if (state >= 0)
			total += count;
		first = false;
	}
	free(keys);
	free(values);
	if (state < 0)
		return state;
	return state ? -ENOMEM : total;
}

bool wp_copy_sequenced(const __u64 *source, __u64 *copy, size_t words)
{
	for (int i = 0; i < 1000; i++) {
		for (size_t word = 0; word < words; word++)
			copy[word] = __atomic_load_n(&source[word], __ATOMIC_ACQUIRE);
		if (copy[0] == copy[words - 1])
			return true;
	}
	return false;
}
