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

#define MAX_ERRNO 4095

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
	u32 number = call_number(regs), index;
	bool compat = is_compat(regs, number);
	struct syscalls_cpu *c = this_cpu();
	u64 error = -ret;

	if (!c)
		return 0;
	learn_registers(regs);
	/* the new task of fork() and its like, which has made no call */
	if (!ret && (compat ? forks_compat(number)
			    : config.kinds[number & (SYSCALL_INDEXES - 1)] & SYSCALL_FORKS && number < SYSCALL_UNKNOWN))
		return 0;
	index = number < SYSCALL_UNKNOWN ? number : SYSCALL_UNKNOWN;
	if (number == NO_CALL && error != ENOSYS) {
		/* sigreturn(), which leaves no number: what it returns is the result of the call that was interrupted
		 */
		index = config.sigreturn;
		error = 0;
	}
	end_call(c, compat ? SYSCALL_COMPAT : index);
	if (error - 1 < MAX_ERRNO)
		c->errors[error_index(error)]++;
	return 0;
}

/* Run by user space just before it attaches the others. */
SEC("raw_tp")
int watch(void *context)
{
	watched_since = bpf_ktime_get_ns();
	return 0;
}

/*
 * exit() and exit_group() end with their thread, unless they were refused. Any other call that the registers tell of
 * has returned before, and was counted: a signal ends a thread on its way back.
 */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit)
{
	struct syscalls_cpu *c = this_cpu();
	struct call call;

	if (c && last_call(&call) && !call.has_returned) {
		if (call.compat) {
			if (ends_compat(call.number))
				end_call(c, SYSCALL_COMPAT);
		} else if (call.number < SYSCALL_UNKNOWN && config.kinds[call.number] & SYSCALL_ENDS) {
			end_call(c, call.number);
		}
	}
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
