// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * System calls: how many, which errors, how long. All are counted where they return, by the number that the registers
 * still hold; calls that end their thread where that ends. Those whose entry was seen are timed. The hooks run in their
 * task's context with preemption off, so plain additions to the CPU's counters are whole.
 */
#include "detail.h"
#include "histogram.h"
#include "percpu.h"
#include "registers.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct syscalls_config config = {};

/* A stamp from before the programs were last attached is of a call whose end they did not see. */
u64 watched_since;

PER_CPU_ARRAY(syscalls_cpus, syscalls_cpu)

/* For each lane of CPUs a histogram of each category or call; each has its own where all calls are timed. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct call_durations);
} syscall_durations SEC(".maps");

/* Where all calls are timed: one for each CPU. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct syscall_times);
} syscall_times SEC(".maps");

#include "begins.h"

/* The place of an error. */
static __always_inline u64 error_index(u64 error)
{
	if (error >= ERRORS_OF_PROGRAMS) {
		if (error < FIRST_ERROR_OF_KERNEL)
			return 0;
		error -= FIRST_ERROR_OF_KERNEL - ERRORS_OF_PROGRAMS;
	}
	/* clang would turn the comparison into one of bits, which the verifier does not follow */
	barrier_var(error);
	return error < ERROR_NUMBERS ? error : 0;
}

/* Adds to what several CPUs write. */
#define add_to_shared(counter, value) add_shared(counter, value, true)

static __always_inline void count_duration(u32 index, u64 ns)
{
	u32 cpu = bpf_get_smp_processor_id(), lane = cpu >> config.lane_shift, key;
	struct call_durations *durations;
	struct syscall_times *times;

	if (config.by_syscall)
		key = lane * SYSCALL_INDEXES + index;
	else
		key = lane * SYSCALL_CATEGORIES + (config.kinds[index & (SYSCALL_INDEXES - 1)] & SYSCALL_CATEGORY);
	durations = bpf_map_lookup_elem(&syscall_durations, &key);
	if (durations && config.lane_shift)
		histogram_count(durations, times, 0, HISTOGRAM_SLOTS, ns, add_to_shared);
	else if (durations)
		histogram_add(durations, times, ns);
	if (config.timing != TIMING_ALL)
		return;
	times = bpf_map_lookup_elem(&syscall_times, &cpu);
	if (times)
		times->ns[index & (SYSCALL_INDEXES - 1)] += ns;
}

static __always_inline void end_call(struct syscalls_cpu *c, u32 index)
{
	u64 ns;

	index &= SYSCALL_INDEXES - 1;
	c->calls[index]++;
	if (config.detail)
		add_detail(syscalls, &c->unwatched, 1);
	if (config.timing != TIMING_OFF && take_begin(&ns))
		count_duration(index, ns);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter)
{
	struct syscalls_cpu *c;

	if (!begin_call()) {
		c = this_cpu();
		if (c)
			c->lost++;
	}
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct syscalls_cpu *c = this_cpu();
	struct counted_call call;

	if (!c || !returned_call(regs, ret, config.kinds, config.sigreturn, &call))
		return 0;
	end_call(c, call.index);
	if (call.error)
		c->errors[error_index(call.error)]++;
	return 0;
}

/* Run by user space just before it attaches the others. */
SEC("raw_tp")
int watch(void *context)
{
	watched_since = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit)
{
	struct syscalls_cpu *c = this_cpu();
	u32 index;

	if (c && ended_call(config.kinds, &index))
		end_call(c, index);
	/* whatever is left: the place is another task's from now on */
	if (config.timing != TIMING_OFF)
		forget_begin();
	return 0;
}

/* A thread that executes a program takes over the pid of the first one. */
SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task, int old_pid)
{
	move_begin(old_pid, task->pid);
	return 0;
}
