/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What a task's registers, as its last entry into the kernel saved them, tell of the system call it is in or comes
 * from. The number stays until the next entry. Only sigreturn() takes it away, and a program that
 * is begun has execve()'s, by its own ABI's table and whichever call began it (x86: set_personality_64bit() and its
 * like).
 */
#pragma once
#include "kernel.h"
#include "layouts.h"

#define TS_COMPAT	0x2	   /* x86: thread_info.status while a 32-bit call runs */
#define X32_SYSCALL_BIT 0x40000000 /* x86: in the number */
#define PSR_MODE32_BIT	0x10	   /* arm64: the registers are a 32-bit program's */
#define ENOSYS		38
#define MAX_ERRNO	4095
#define NO_CALL		0xffffffff /* the number after sigreturn(), and of entries that are no calls */

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct thread_info___x86 {
	u32 status;
};

struct task_struct___x86 {
	struct thread_info___x86 thread_info;
};

struct task_struct___stack {
	void *stack;
};

struct pt_regs___x86 {
	unsigned long ax;
	unsigned long orig_ax;
};

struct pt_regs___arm64 {
	u64 regs[31];
	u64 pstate;
	int syscallno;
};

#pragma clang attribute pop

/* The call of a task that ends. */
struct call {
	u32 number;
	bool compat;
	bool has_returned; /* known on x86 alone, whose entry has the result be ENOSYS until there is one */
};

/* Where all tasks have their registers, as distance from their stacks' beginnings; 0: not known yet. */
u64 registers_offset;

static __always_inline bool is_x86(void)
{
	return bpf_core_field_exists(struct pt_regs___x86, orig_ax);
}

static __always_inline u32 call_number(struct pt_regs *regs)
{
	if (is_x86())
		return ((struct pt_regs___x86 *)regs)->orig_ax;
	return ((struct pt_regs___arm64 *)regs)->syscallno;
}

static __always_inline bool has_current_task_btf(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf);
}

/* x86: whether the running task's call, with this number, is by another table than the machine's own. */
static __always_inline bool is_compat_x86(u32 number)
{
	struct task_struct___x86 *task;
	u32 status;

	if (has_current_task_btf()) {
		task = (void *)bpf_get_current_task_btf();
		status = task->thread_info.status;
	} else {
		task = (void *)bpf_get_current_task();
		status = BPF_CORE_READ(task, thread_info.status);
	}
	/* NO_CALL has both upper bits */
	return status & TS_COMPAT || number >> 30 == X32_SYSCALL_BIT >> 30;
}

/*
 * arm64, of the number, x8 and the mode. execve() and execveat() of a 32-bit program that begin one of 64 bits leave
 * their numbers, 11 and 387, beside registers that are empty.
 */
static __always_inline bool is_compat_arm64(u32 number, u64 x8, u64 pstate)
{
	return pstate & PSR_MODE32_BIT || ((number == 11 || number == 387) && x8 != number);
}

/* Whether the number is one of another table than the machine's own. */
static __always_inline bool is_compat(struct pt_regs *regs, u32 number)
{
	struct pt_regs___arm64 *registers = (void *)regs;

	if (is_x86())
		return is_compat_x86(number);
	return is_compat_arm64(number, registers->regs[8], registers->pstate);
}

/* Calls of other tables that return twice: 32-bit ones of x86 and arm, x32 ones. */
static __always_inline bool forks_compat(u32 number)
{
	if (is_x86() && number & X32_SYSCALL_BIT) {
		number &= ~X32_SYSCALL_BIT;
		return (number >= 56 && number <= 58) || number == 435;
	}
	return number == 2 || number == 120 || number == 190 || number == 435;
}

/* The same of those that end their thread. */
static __always_inline bool ends_compat(u32 number)
{
	if (!is_x86())
		return number == 1 || number == 248;
	return number == 1 || number == 252 || number == (X32_SYSCALL_BIT | 60) || number == (X32_SYSCALL_BIT | 231);
}

static __always_inline bool has_task_registers(void)
{
	return bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_task_pt_regs);
}

/* Before 5.15 nothing tells where a task's registers are: any call does, for it is the same place in every stack. */
static __always_inline void learn_registers(struct pt_regs *regs)
{
	struct task_struct___stack *task;
	u64 pointer = (u64)regs, address = 0;

	if (has_task_registers() || registers_offset)
		return;
	task = (void *)bpf_get_current_task();
	/* by way of memory the pointer becomes a number to the verifier */
	bpf_probe_read_kernel(&address, sizeof(address), &pointer);
	registers_offset = address - (u64)BPF_CORE_READ(task, stack);
}

/* What the registers of the running task tell; false where they cannot be found. */
static __always_inline bool last_call(struct call *call)
{
	struct task_struct___stack *task;
	struct pt_regs *regs;

	if (has_task_registers()) {
		regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());
		call->number = call_number(regs);
		call->compat = is_compat(regs, call->number);
		call->has_returned = is_x86() && ((struct pt_regs___x86 *)regs)->ax != (unsigned long)-ENOSYS;
		return true;
	}
	if (!registers_offset)
		return false;
	task = (void *)bpf_get_current_task();
	regs = (void *)BPF_CORE_READ(task, stack) + registers_offset;
	if (is_x86()) {
		call->number = BPF_CORE_READ((struct pt_regs___x86 *)regs, orig_ax);
		call->compat = is_compat_x86(call->number);
		call->has_returned = BPF_CORE_READ((struct pt_regs___x86 *)regs, ax) != (unsigned long)-ENOSYS;
	} else {
		call->has_returned = false;
		call->number = BPF_CORE_READ((struct pt_regs___arm64 *)regs, syscallno);
		call->compat = is_compat_arm64(call->number, BPF_CORE_READ((struct pt_regs___arm64 *)regs, regs[8]),
					       BPF_CORE_READ((struct pt_regs___arm64 *)regs, pstate));
	}
	return true;
}

/* A call that returned, or ended its thread. */
struct counted_call {
	u32 index; /* below SYSCALL_INDEXES */
	u64 error; /* of whatever size; 0: none */
};

/*
 * The call that returns `ret`; false where a new task does that, which has made none. `kinds` and `sigreturn` are as
 * syscalls_config has them.
 */
static __always_inline bool returned_call(struct pt_regs *regs, long ret, const volatile u8 *kinds, u32 sigreturn,
					  struct counted_call *call)
{
	u32 number = call_number(regs);
	bool compat = is_compat(regs, number);
	u64 error = -ret;

	learn_registers(regs);
	/* the new task of fork() and its like */
	if (!ret && (compat ? forks_compat(number)
			    : kinds[number & (SYSCALL_INDEXES - 1)] & SYSCALL_FORKS && number < SYSCALL_UNKNOWN))
		return false;
	call->index = number < SYSCALL_UNKNOWN ? number : SYSCALL_UNKNOWN;
	if (number == NO_CALL && error != ENOSYS) {
		/* sigreturn(), which leaves no number: what it returns is the result of the call that was interrupted
		 */
		call->index = sigreturn;
		error = 0;
	}
	if (compat)
		call->index = SYSCALL_COMPAT;
	call->error = error - 1 < MAX_ERRNO ? error : 0;
	return true;
}

/*
 * exit() and exit_group() end with their thread, unless they were refused. Any other call that the registers tell of
 * has returned before, and was counted: a signal ends a thread on its way back. False where the running thread, which
 * ends, is in none of these.
 */
static __always_inline bool ended_call(const volatile u8 *kinds, u32 *index)
{
	struct call call;

	if (!last_call(&call) || call.has_returned)
		return false;
	if (call.compat) {
		*index = SYSCALL_COMPAT;
		return ends_compat(call.number);
	}
	*index = call.number;
	return call.number < SYSCALL_UNKNOWN && kinds[call.number] & SYSCALL_ENDS;
}
