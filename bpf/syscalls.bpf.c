// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls: how many, how long, which errors. The entry leaves the number and a stamp with its task, the exit
 * counts the call by that number: execve() and sigreturn() leave with others. The hooks run in their task's context
 * with preemption off, so plain additions to the CPU's counters are whole.
 */
#include "detail.h"
#include "percpu.h"
#include "slots.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define TS_COMPAT	0x2	   /* x86: thread_info.status while a 32-bit call runs */
#define X32_SYSCALL_BIT 0x40000000 /* x86: in the number */
#define PSR_MODE32_BIT	0x10	   /* arm64: the registers are a 32-bit program's */
#define MAX_ERRNO	4095

/* sigreturn() and rt_sigreturn() of 32-bit x86 and arm, rt_sigreturn() of x32 */
#define COMPAT_SIGRETURN    119
#define COMPAT_RT_SIGRETURN 173
#define X32_RT_SIGRETURN    513

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info___x86 {
	u32 status;
};

struct task_struct___x86 {
	struct thread_info___x86 thread_info;
};

struct pt_regs___arm64 {
	u64 pstate;
};

#pragma clang attribute pop

const volatile struct syscalls_config config = {};

/* A stamp from before the programs were last attached is of a call whose end they did not see. */
u64 watched_since;

PER_CPU_ARRAY(syscalls_cpus, syscalls_cpu)

/* Where every call has a histogram: SYSCALL_INDEXES for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct syscall_slots);
} syscall_durations SEC(".maps");

/* The call a task is in. */
struct syscall_entry {
	u64 ns; /* when it began; 0: none */
	u32 index;
	u32 returns_another; /* what it returns is the result of an interrupted call */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct syscall_entry);
} syscall_storage SEC(".maps");

/* By address of the task, where there is no task storage (before 5.12). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct syscall_entry);
} syscall_tasks SEC(".maps");

static __always_inline struct syscall_entry *hashed_entry(bool create)
{
	struct syscall_entry *entry, fresh = {};
	u64 key = bpf_get_current_task();

	entry = bpf_map_lookup_elem(&syscall_tasks, &key);
	if (entry || !create)
		return entry;
	bpf_map_update_elem(&syscall_tasks, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&syscall_tasks, &key);
}

static __always_inline struct syscall_entry *current_entry(bool create)
{
	if (!config.task_storage)
		return hashed_entry(create);
	return bpf_task_storage_get(&syscall_storage, bpf_get_current_task_btf(), 0,
				    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
}

/* Whether the number is one of another table than the machine's own. */
static __always_inline bool is_compat(struct pt_regs *regs, u64 number)
{
	struct task_struct___x86 *task;

	if (bpf_core_field_exists(struct pt_regs___arm64, pstate))
		return ((struct pt_regs___arm64 *)regs)->pstate & PSR_MODE32_BIT;
	if (!bpf_core_field_exists(struct thread_info___x86, status))
		return false;
	if (!config.task_storage) {
		task = (void *)bpf_get_current_task();
		return BPF_CORE_READ(task, thread_info.status) & TS_COMPAT || number & X32_SYSCALL_BIT;
	}
	task = (void *)bpf_get_current_task_btf();
	return task->thread_info.status & TS_COMPAT || number & X32_SYSCALL_BIT;
}

static __always_inline bool is_compat_sigreturn(u64 number)
{
	return number == COMPAT_SIGRETURN || number == COMPAT_RT_SIGRETURN ||
	       number == (X32_SYSCALL_BIT | X32_RT_SIGRETURN);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct syscall_entry *entry = current_entry(true);
	struct syscalls_cpu *c;
	u64 number = (u32)id;

	if (!entry) {
		c = this_cpu();
		if (c)
			c->lost++;
		return 0;
	}
	if (is_compat(regs, number)) {
		entry->index = SYSCALL_COMPAT;
		entry->returns_another = is_compat_sigreturn(number);
	} else {
		entry->index = number < SYSCALL_UNKNOWN ? number : SYSCALL_UNKNOWN;
		entry->returns_another = number == config.sigreturn;
	}
	entry->ns = bpf_ktime_get_ns();
	return 0;
}

static __always_inline void count_duration(struct syscalls_cpu *c, u64 index, u64 ns)
{
	u64 category = config.categories[index], slot = histogram_slot(ns);
	struct syscall_slots *durations;
	u32 key;

	if (slot >= HISTOGRAM_SLOTS)
		return;
	if (config.by_syscall) {
		key = bpf_get_smp_processor_id() * SYSCALL_INDEXES + index;
		durations = bpf_map_lookup_elem(&syscall_durations, &key);
		if (durations)
			durations->slots[slot]++;
	} else if (category < SYSCALL_CATEGORIES) {
		c->durations[category].slots[slot]++;
	}
}

static __always_inline void end_call(struct syscalls_cpu *c, struct syscall_entry *entry)
{
	u64 index = entry->index & (SYSCALL_INDEXES - 1);
	u64 ns = elapsed_since(entry->ns);

	entry->ns = 0;
	c->totals[index].calls++;
	c->totals[index].ns += ns;
	count_duration(c, index, ns);
	if (config.detail)
		add_detail(syscalls, &c->unwatched, 1);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct syscall_entry *entry = current_entry(false);
	struct syscalls_cpu *c = this_cpu();
	u64 error = -ret;

	if (!c)
		return 0;
	/* a call that seccomp or a tracer refused has an exit alone: an error, but no call */
	if (entry && entry->ns > watched_since) {
		end_call(c, entry);
		if (entry->returns_another)
			return 0;
	}
	if (error - 1 < MAX_ERRNO)
		c->errors[error < ERROR_NUMBERS ? error : 0]++;
	return 0;
}

/* Run by user space just before it attaches the others. */
SEC("raw_tp")
int watch(void *context)
{
	watched_since = bpf_ktime_get_ns();
	return 0;
}

/* A call that never returns, such as exit(), ends with its thread. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit)
{
	struct syscall_entry *entry = current_entry(false);
	struct syscalls_cpu *c = this_cpu();
	u64 key;

	if (entry && entry->ns > watched_since && c)
		end_call(c, entry);
	if (!config.task_storage) {
		key = bpf_get_current_task();
		bpf_map_delete_elem(&syscall_tasks, &key);
	}
	return 0;
}
