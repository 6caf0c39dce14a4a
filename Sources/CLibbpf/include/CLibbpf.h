// SPDX-License-Identifier: Apache-2.0
//
// libbpf, and what of it Swift cannot call: functions with LIBBPF_OPTS structs (their tail padding must be zero, which
// Swift does not promise), the variadic log callback, and BTF look-ups.
#pragma once
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include "kernel_btf.h"
#include <linux/bpf.h>
#include <stdbool.h>
#include <stddef.h>

/// Collects libbpf's warnings of this thread, to be read after a call failed.
void wp_log_install(void);
void wp_log_clear(void);
/// The warnings since the last clear, NUL-terminated, at most 16 KiB: the first ones are kept.
const char *wp_log_text(void);

struct bpf_object *wp_object_open(const void *bytes, size_t size, const char *name);

/// Offset and size of global variable `name` in data section `section` (".rodata", ".bss"); -ENOENT where there is
/// none.
int wp_find_global(const struct bpf_object *object, const char *section, const char *name, __u32 *offset, __u32 *size);

/// Size in bytes of `struct name` as the object's BTF has it, or -ENOENT.
int wp_struct_size(const struct bpf_object *object, const char *name);
/// Byte offset of `member` in `struct name` as the object's BTF has it, or -ENOENT.
int wp_member_offset(const struct bpf_object *object, const char *name, const char *member);

/// Runs a raw tracepoint program once on `cpu` (BPF_PROG_TEST_RUN), as if the tracepoint had these arguments. Returns 0
/// or -errno.
int wp_run_on_cpu(int program_fd, int cpu, const __u64 *arguments, __u32 count);

/// Whether uname(2) names this version of the kernel or a later one.
bool wp_kernel_is_at_least(unsigned int version, unsigned int patch_level);

/// Values of the enumerators `names` in the running kernel's BTF, in whichever enum, also one without a name, which
/// CO-RE cannot ask for; one pass finds all. -ENOENT where there is none, or no BTF.
void wp_kernel_values(const char *const *names, size_t count, long *values);

/// Sets the one global variable (4 bytes) of a data section of its own of a loaded object. Returns 0 or -errno.
int wp_set_global(const struct bpf_object *object, const char *section, __u32 value);

struct wp_program_info {
	__u32 id;
	__u64 run_time_ns;
	__u64 run_count;
	__u64 recursion_misses;
};
int wp_program_info(int program_fd, struct wp_program_info *out);

/// Entries of a hash map, walked in batches. Returns -errno where the kernel refuses.
long wp_count_entries(int map_fd, __u32 key_size, __u32 value_size);

/// The next entries of a hash map, at most `*count`, which becomes how many there are. `cursor` has room for 8 bytes.
/// Returns 1 where there may be more, 0 where these are the last, -errno where the kernel refuses.
int wp_next_entries(int map_fd, void *cursor, bool first, void *keys, void *values, __u32 *count);

/// A counter that a kernel program may be writing.
static inline __u64 wp_load(const __u64 *value)
{
	return __atomic_load_n(value, __ATOMIC_RELAXED);
}

/// Copies a struct whose first word is the head and whose last word is the tail of a sequence: the writer raises the
/// tail, changes the rest, then sets the head to the tail. Returns false where no whole state was seen in many tries.
bool wp_copy_sequenced(const __u64 *source, __u64 *copy, size_t words);
