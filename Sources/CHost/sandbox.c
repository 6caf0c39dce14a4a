// SPDX-License-Identifier: Apache-2.0
#include "helper_private.h"

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

#define MOST_CALLS			32
#define LOAD(member)			BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define SKIP_UNLESS_EQUAL(value, count) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, count)
#define RETURN(what)			BPF_STMT(BPF_RET | BPF_K, what)

/* x32's calls have bit 30 set in their numbers: none of them is in a list. */
int sandbox_allow_only(const struct allowed_call *calls, size_t count)
{
	struct sock_filter code[4 + MOST_CALLS * 5];
	struct sock_fprog program = {.filter = code};
	unsigned short length = 0;

	if (count > MOST_CALLS)
		return -E2BIG;
	code[length++] = (struct sock_filter)LOAD(arch);
	code[length++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCHITECTURE, 1, 0);
	code[length++] = (struct sock_filter)RETURN(SECCOMP_RET_KILL_PROCESS);
	for (size_t i = 0; i < count; i++) {
		bool has_argument = calls[i].argument >= 0;

		code[length++] = (struct sock_filter)LOAD(nr);
		code[length++] = (struct sock_filter)SKIP_UNLESS_EQUAL((uint32_t)calls[i].number, has_argument ? 3 : 1);
		if (has_argument) {
			code[length++] = (struct sock_filter)LOAD(args[calls[i].argument]);
			code[length++] = (struct sock_filter)SKIP_UNLESS_EQUAL(calls[i].value, 1);
		}
		code[length++] = (struct sock_filter)RETURN(SECCOMP_RET_ALLOW);
	}
	code[length++] = (struct sock_filter)RETURN(SECCOMP_RET_ERRNO | EPERM);
	program.len = length;
	/* prctl and not seccomp(2), which fewer filters of service managers let pass */
	return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0) ? -errno : 0;
}
