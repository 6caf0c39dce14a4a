// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>
#include "loads.h"

#if defined(__x86_64__)
typedef struct user_regs_struct registers;
static const unsigned char instruction[] = {0x0f, 0x05}; /* syscall */
#define STACK(r)   ((r)->rsp)
#define RESULT(r)  ((r)->rax)
#define COUNTER(r) ((r)->rip)
#elif defined(__aarch64__)
typedef struct user_regs_struct registers;
static const unsigned char instruction[] = {0x01, 0x00, 0x00, 0xd4}; /* svc #0 */
#define STACK(r)   ((r)->sp)
#define RESULT(r)  ((r)->regs[0])
#define COUNTER(r) ((r)->pc)
#endif

/* A thread that is stopped, how it was, and where it finds an instruction that makes a system call. */
struct victim {
	pid_t process, thread;
	registers before;
	uint64_t instruction;
	int memory;
};

static void exchange(pid_t thread, int request, registers *registers)
{
	struct iovec part = {registers, sizeof(*registers)};

	check(ptrace(request, thread, (void *)NT_PRSTATUS, &part) == 0, "registers");
}

static uint64_t find_instruction(pid_t process, int memory)
{
	char line[512], path[64];
	FILE *maps;

	snprintf(path, sizeof(path), "/proc/%d/maps", process);
	maps = fopen(path, "re");
	check(maps != NULL, path);
	while (fgets(line, sizeof(line), maps)) {
		unsigned long start, end;
		char rights[5];
		unsigned char *code, *found;
		ssize_t size;

		if (sscanf(line, "%lx-%lx %4s", &start, &end, rights) != 3 || rights[2] != 'x' ||
		    strstr(line, "[vsyscall]"))
			continue;
		code = malloc(end - start);
		size = pread(memory, code, end - start, (off_t)start);
		found = size > 0 ? memmem(code, (size_t)size, instruction, sizeof(instruction)) : NULL;
		free(code);
		if (found) {
			fclose(maps);
			return start + (uint64_t)(found - code);
		}
	}
	check(0, "no system call in the process");
	return 0;
}

static struct victim stop(pid_t process, pid_t thread)
{
	struct victim victim = {.process = process, .thread = thread};
	char path[64];
	int status;

	snprintf(path, sizeof(path), "/proc/%d/mem", process);
	victim.memory = open(path, O_RDWR | O_CLOEXEC);
	check(victim.memory >= 0, path);
	victim.instruction = find_instruction(process, victim.memory);
	check(ptrace(PTRACE_SEIZE, thread, 0, 0) == 0, "PTRACE_SEIZE");
	check(ptrace(PTRACE_INTERRUPT, thread, 0, 0) == 0, "PTRACE_INTERRUPT");
	check(waitpid(thread, &status, __WALL) == thread && WIFSTOPPED(status), "the thread's stop");
	exchange(thread, PTRACE_GETREGSET, &victim.before);
	return victim;
}

static void let_go(const struct victim *victim)
{
	registers registers = victim->before;

	exchange(victim->thread, PTRACE_SETREGSET, &registers);
	check(ptrace(PTRACE_DETACH, victim->thread, 0, 0) == 0, "PTRACE_DETACH");
	close(victim->memory);
}

static void set_arguments(registers *r, long number, const uint64_t a[6])
{
#if defined(__x86_64__)
	r->orig_rax = (unsigned long)-1;
	r->rax = (unsigned long)number;
	r->rdi = a[0], r->rsi = a[1], r->rdx = a[2], r->r10 = a[3], r->r8 = a[4], r->r9 = a[5];
#else
	r->regs[8] = (unsigned long)number;
	for (int i = 0; i < 6; i++)
		r->regs[i] = a[i];
#endif
}

/* Has the thread make a system call; its result or negated errno. */
static long make(const struct victim *victim, long number, const uint64_t arguments[6])
{
	registers registers = victim->before;
	int status;

	set_arguments(&registers, number, arguments);
	COUNTER(&registers) = victim->instruction;
	exchange(victim->thread, PTRACE_SETREGSET, &registers);
	do {
		check(ptrace(PTRACE_SINGLESTEP, victim->thread, 0, 0) == 0, "PTRACE_SINGLESTEP");
		check(waitpid(victim->thread, &status, __WALL) == victim->thread && WIFSTOPPED(status),
		      "the step's end");
		/* an interrupt that was asked for is no step */
	} while (status >> 16 != 0);
	exchange(victim->thread, PTRACE_GETREGSET, &registers);
	return (long)RESULT(&registers);
}

/* What the arguments that point point to, beyond what the thread's stack holds. */
static uint64_t put(const struct victim *victim, const void *bytes, size_t size, int place)
{
	uint64_t address = (STACK(&victim->before) - 6144 + (uint64_t)place * 1024) & ~15ull;

	check(pwrite(victim->memory, bytes, size, (off_t)address) == (ssize_t)size, "the stack");
	return address;
}

static uint64_t put_text(const struct victim *victim, const char *text, int place)
{
	return put(victim, text, strlen(text) + 1, place);
}

static void tell(const struct victim *victim, const char *name, long result)
{
	printf("%d %s %s\n", victim->thread, name, result < 0 ? strerrorname_np((int)-result) : "done");
}

#define TRY(name, call, ...) tell(victim, name, make(victim, SYS_##call, (const uint64_t[6]){__VA_ARGS__}))

static void try_file(const struct victim *victim, const char *name, const char *path, int flags)
{
	long file = make(victim, SYS_openat,
			 (const uint64_t[6]){(uint64_t)AT_FDCWD, put_text(victim, path, 0), (uint64_t)flags, 0600});

	if (file >= 0)
		make(victim, SYS_close, (const uint64_t[6]){(uint64_t)file});
	tell(victim, name, file);
}

static void try_port(const struct victim *victim, const char *name, long call, int port)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET, .sin_port = htons((uint16_t)port), .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	long socket = make(victim, SYS_socket, (const uint64_t[6]){AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0});

	if (socket < 0) {
		tell(victim, name, socket);
		return;
	}
	tell(victim, name,
	     make(victim, call,
		  (const uint64_t[6]){(uint64_t)socket, put(victim, &address, sizeof(address), 0), sizeof(address)}));
	make(victim, SYS_close, (const uint64_t[6]){(uint64_t)socket});
}

static void attempt(const struct victim *victim, const char *folder, int port)
{
	char readable[4096], absent[4096];
	uint64_t none = put(victim, (uint64_t[64]){}, 512, 1);

	snprintf(readable, sizeof(readable), "%s/file", folder);
	snprintf(absent, sizeof(absent), "%s/new", folder);
	check(strlen(readable) < 1000, "the folder's name");
	/* what it does is not refused */
	TRY("getpid", getpid);
	try_file(victim, "read-procfs", "/proc/stat", O_RDONLY);
	try_file(victim, "read-sysfs", "/sys/devices/system/cpu/online", O_RDONLY);
	/* files that anybody may read and write */
	try_file(victim, "read", readable, O_RDONLY);
	try_file(victim, "write", readable, O_WRONLY);
	try_file(victim, "read-and-write", readable, O_RDWR);
	try_file(victim, "create", absent, O_RDWR | O_CREAT);
	try_file(victim, "truncate", readable, O_RDONLY | O_TRUNC);
	try_file(victim, "list", folder, O_RDONLY | O_DIRECTORY);
	try_file(victim, "read-users", "/etc/passwd", O_RDONLY);
	TRY("mkdir", mkdirat, (uint64_t)AT_FDCWD, put_text(victim, absent, 0), 0700);
	TRY("unlink", unlinkat, (uint64_t)AT_FDCWD, put_text(victim, absent, 0), 0);
	TRY("chmod", fchmodat, (uint64_t)AT_FDCWD, put_text(victim, readable, 0), 0666);
	TRY("openat2", openat2, (uint64_t)AT_FDCWD, put_text(victim, readable, 0), none, sizeof(struct open_how));
	/* of a program that is not there, so that the thread remains where it is let pass */
	TRY("exec", execve, put_text(victim, absent, 0), none, none);
	TRY("io_uring", io_uring_setup, 1, none);
	TRY("keyctl", keyctl, 0, (uint64_t)-3, 0);
	TRY("unshare", unshare, 0);
	TRY("ptrace", ptrace, PTRACE_DETACH, 1, 0, 0);
	TRY("setns", setns, (uint64_t)-1, 0);
	TRY("fork", clone, CLONE_PARENT_SETTID | CLONE_SETTLS | CLONE_SIGHAND, 0, 0, 0, 0);
	TRY("open-program", bpf, BPF_OBJ_GET, none, 128);
	try_port(victim, "connect", SYS_connect, port);
	try_port(victim, "bind", SYS_bind, port);
}

/* Each thread of the process tries what it has no business with; writes lines "THREAD ATTEMPT ERROR", `done` for none.
 */
void attempts(const char *process, const char *folder, long port)
{
	char path[64];
	struct dirent *entry;
	DIR *threads;

	snprintf(path, sizeof(path), "/proc/%d/task", atoi(process));
	threads = opendir(path);
	check(threads != NULL, path);
	while ((entry = readdir(threads))) {
		struct victim victim;

		if (entry->d_name[0] == '.')
			continue;
		victim = stop(atoi(process), atoi(entry->d_name));
		attempt(&victim, folder, (int)port);
		let_go(&victim);
	}
	closedir(threads);
}
