// SPDX-License-Identifier: Apache-2.0
#include "sandbox_private.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sys/prctl.h>

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "which architecture does the kernel's audit call it?"
#endif
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the low half of an argument comes first");

#define MOST_RULES 160
/* x32's calls have this bit in their numbers, on x86-64; no other call of any architecture has. */
#define X32_BIT 0x40000000

#define LOAD(member)			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define SKIP_UNLESS_EQUAL(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define RETURN(what)			BPF_STMT(BPF_RET | BPF_K, what)

static uint32_t verdict(uint32_t error)
{
	return error ? SECCOMP_RET_ERRNO | error : SECCOMP_RET_ALLOW;
}

int sandbox_filter(const struct call_rule *rules, size_t count, uint32_t otherwise)
{
	struct sock_filter code[6 + MOST_RULES * 6];
	struct sock_fprog program = {.filter = code};
	unsigned short length = 0;

	if (count > MOST_RULES)
		return -E2BIG;
	code[length++] = (struct sock_filter)LOAD(arch);
	code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	code[length++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	code[length++] = (struct sock_filter)LOAD(nr);
	code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, X32_BIT, 0, 1);
	code[length++] = (struct sock_filter)RETURN(verdict(EPERM));
	for (size_t i = 0; i < count; i++) {
		bool has_argument = rules[i].argument >= 0;

		code[length++] = (struct sock_filter)SKIP_UNLESS_EQUAL((uint32_t)rules[i].number, has_argument ? 5 : 1);
		if (has_argument) {
			code[length++] = (struct sock_filter)LOAD(args[rules[i].argument]);
			code[length++] = (struct sock_filter)BPF_STMT(BPF_ALU | BPF_AND | BPF_K, rules[i].mask);
			code[length++] = (struct sock_filter)SKIP_UNLESS_EQUAL(rules[i].value, 1);
		}
		code[length++] = (struct sock_filter)RETURN(verdict(rules[i].error));
		if (has_argument)
			code[length++] = (struct sock_filter)LOAD(nr);
	}
	code[length++] = (struct sock_filter)RETURN(verdict(otherwise));
	program.len = length;
	/* prctl and not seccomp(2), which fewer filters of service managers let pass */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ? -errno : 0;
}
