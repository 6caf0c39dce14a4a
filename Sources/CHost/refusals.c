// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "sandbox.h"
#include "sandbox_private.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <sched.h>
#include <sys/syscall.h>

#define ALLOW_IF(call, argument, value)                                                                                \
	{                                                                                                              \
		call, argument, ALL_BITS, value, 0                                                                     \
	}
#define REFUSE(call)                                                                                                   \
	{                                                                                                              \
		call, -1, 0, 0, EPERM                                                                                  \
	}
#define REFUSE_IF(call, argument, mask, value)                                                                         \
	{                                                                                                              \
		call, argument, mask, value, EPERM                                                                     \
	}
/* What libraries then do without. */
#define LACK(call)                                                                                                     \
	{                                                                                                              \
		call, -1, 0, 0, ENOSYS                                                                                 \
	}

/* Of the flags in that argument. __O_TMPFILE is the bit that O_TMPFILE has besides O_DIRECTORY. */
#define REFUSE_TO_WRITE(call, argument)                                                                                \
	REFUSE_IF(call, argument, O_ACCMODE, O_WRONLY), REFUSE_IF(call, argument, O_CREAT, O_CREAT),                   \
		REFUSE_IF(call, argument, O_TRUNC, O_TRUNC),                                                           \
		REFUSE_IF(call, argument, O_TMPFILE & ~O_DIRECTORY, O_TMPFILE & ~O_DIRECTORY)
#define REFUSE_TO_CHANGE(call, argument) REFUSE_IF(call, argument, O_ACCMODE, O_RDWR)

/*
 * A list of what is refused, not of what is allowed: the system calls of libc and of a GPU's library are not ours to
 * know, and change with their versions. What opens files takes Landlock to be bounded by their paths.
 */
static const struct call_rule refusals[] = {
	/* execution, and processes: threads share all with their makers */
	REFUSE(SYS_execve),
	REFUSE(SYS_execveat),
	REFUSE_IF(SYS_clone, 0, CLONE_THREAD, 0),
	LACK(SYS_clone3),
#ifdef SYS_fork
	REFUSE(SYS_fork),
	REFUSE(SYS_vfork),
#endif
	/* eBPF: what reads maps, attaches what is loaded, and makes readers of iterators; nothing is loaded or found */
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_LOOKUP_ELEM),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_UPDATE_ELEM),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_DELETE_ELEM),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_GET_NEXT_KEY),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_LOOKUP_AND_DELETE_ELEM),
	ALLOW_IF(SYS_bpf, 0, BPF_MAP_LOOKUP_BATCH),
	ALLOW_IF(SYS_bpf, 0, BPF_OBJ_GET_INFO_BY_FD),
	ALLOW_IF(SYS_bpf, 0, BPF_PROG_TEST_RUN),
	ALLOW_IF(SYS_bpf, 0, BPF_RAW_TRACEPOINT_OPEN),
	ALLOW_IF(SYS_bpf, 0, BPF_LINK_CREATE),
	ALLOW_IF(SYS_bpf, 0, BPF_ITER_CREATE),
	REFUSE(SYS_bpf),
	/* files: its logs and sockets are open */
	REFUSE_TO_WRITE(SYS_openat, 2),
	LACK(SYS_openat2),
	REFUSE(SYS_open_by_handle_at),
	REFUSE(SYS_mkdirat),
	REFUSE(SYS_mknodat),
	REFUSE(SYS_linkat),
	REFUSE(SYS_symlinkat),
	REFUSE(SYS_unlinkat),
	REFUSE(SYS_renameat2),
	REFUSE(SYS_renameat),
	REFUSE(SYS_truncate),
	REFUSE(SYS_fchmod),
	REFUSE(SYS_fchmodat),
	REFUSE(SYS_fchown),
	REFUSE(SYS_fchownat),
	REFUSE(SYS_utimensat),
	REFUSE(SYS_setxattr),
	REFUSE(SYS_lsetxattr),
	REFUSE(SYS_fsetxattr),
	REFUSE(SYS_removexattr),
	REFUSE(SYS_lremovexattr),
	REFUSE(SYS_fremovexattr),
#ifdef SYS_open
	REFUSE_TO_WRITE(SYS_open, 1),
	REFUSE(SYS_creat),
	REFUSE(SYS_mkdir),
	REFUSE(SYS_rmdir),
	REFUSE(SYS_mknod),
	REFUSE(SYS_link),
	REFUSE(SYS_symlink),
	REFUSE(SYS_unlink),
	REFUSE(SYS_rename),
	REFUSE(SYS_chmod),
	REFUSE(SYS_chown),
	REFUSE(SYS_lchown),
	REFUSE(SYS_utime),
	REFUSE(SYS_utimes),
	REFUSE(SYS_futimesat),
#endif
	/* other processes */
	REFUSE(SYS_ptrace),
	REFUSE(SYS_process_vm_readv),
	REFUSE(SYS_process_vm_writev),
	REFUSE(SYS_kcmp),
	REFUSE(SYS_pidfd_getfd),
	/* file systems and namespaces */
	REFUSE(SYS_mount),
	REFUSE(SYS_umount2),
	REFUSE(SYS_pivot_root),
	REFUSE(SYS_chroot),
	REFUSE(SYS_open_tree),
	REFUSE(SYS_move_mount),
	REFUSE(SYS_fsopen),
	REFUSE(SYS_fsconfig),
	REFUSE(SYS_fsmount),
	REFUSE(SYS_fspick),
	REFUSE(SYS_mount_setattr),
	REFUSE(SYS_setns),
	REFUSE(SYS_unshare),
	/* the machine */
	REFUSE(SYS_kexec_load),
	REFUSE(SYS_kexec_file_load),
	REFUSE(SYS_init_module),
	REFUSE(SYS_finit_module),
	REFUSE(SYS_delete_module),
	REFUSE(SYS_reboot),
	REFUSE(SYS_swapon),
	REFUSE(SYS_swapoff),
	REFUSE(SYS_acct),
	REFUSE(SYS_quotactl),
	REFUSE(SYS_settimeofday),
	REFUSE(SYS_clock_settime),
	REFUSE(SYS_clock_adjtime),
	REFUSE(SYS_adjtimex),
	REFUSE(SYS_sethostname),
	REFUSE(SYS_setdomainname),
#ifdef SYS_iopl
	REFUSE(SYS_iopl),
	REFUSE(SYS_ioperm),
#endif
	/* parts of the kernel that are often broken into, and never used here */
	REFUSE(SYS_add_key),
	REFUSE(SYS_request_key),
	REFUSE(SYS_keyctl),
	REFUSE(SYS_userfaultfd),
	REFUSE(SYS_io_uring_setup),
	REFUSE(SYS_io_uring_enter),
	REFUSE(SYS_io_uring_register),
	REFUSE(SYS_personality),
	/* last: what the drivers of GPUs are opened with */
	REFUSE_TO_CHANGE(SYS_openat, 2),
#ifdef SYS_open
	REFUSE_TO_CHANGE(SYS_open, 1),
#endif
};

#ifdef SYS_open
#define OF_DEVICES 2
#else
#define OF_DEVICES 1
#endif

int chost_refuse_calls(bool writes_devices)
{
	size_t count = sizeof(refusals) / sizeof(*refusals);

	return sandbox_filter(refusals, writes_devices ? count - OF_DEVICES : count, 0);
}
