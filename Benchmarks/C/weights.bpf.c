// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Ways to keep what tasks ran at a context switch, beside a program that only takes the time: what each costs is the
 * difference.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_tracing.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct task_struct {
	int pid;
	int tgid;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} stamps SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, __u64);
} by_task SEC(".maps");

struct process_key {
	__u32 tgid;
	__u32 epoch;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 65536);
	__type(key, struct process_key);
	__type(value, __u64);
} by_process SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} epochs SEC(".maps");

static __always_inline __u64 end_slice(__u32 way)
{
	__u64 *stamp = bpf_map_lookup_elem(&stamps, &way), now = bpf_ktime_get_ns(), slice;

	if (!stamp)
		return 0;
	slice = now - *stamp;
	*stamp = now;
	return slice;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(time_alone, bool preempt, struct task_struct *prev)
{
	end_slice(0);
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(task_storage, bool preempt, struct task_struct *prev)
{
	__u64 slice = end_slice(1), *sum;

	if (!prev->pid)
		return 0;
	sum = bpf_task_storage_get(&by_task, prev, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (sum)
		*sum += slice;
	return 0;
}

SEC("tp_btf/sched_switch")
int BPF_PROG(percpu_hash, bool preempt, struct task_struct *prev)
{
	__u64 slice = end_slice(2), *sum;
	struct process_key key = {};
	__u32 zero = 0, *epoch = bpf_map_lookup_elem(&epochs, &zero);

	if (!prev->pid || !epoch)
		return 0;
	key.tgid = prev->tgid;
	key.epoch = *epoch;
	sum = bpf_map_lookup_elem(&by_process, &key);
	if (sum)
		*sum += slice;
	else
		bpf_map_update_elem(&by_process, &key, &slice, BPF_NOEXIST);
	return 0;
}
