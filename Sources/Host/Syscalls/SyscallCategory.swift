/// What a system call is for; the `category` label of the metrics.
package enum SyscallCategory: String, Sendable, Hashable, CaseIterable {
  case file, memory, network, process, signal, time, ipc, sync, poll, security, other

  /// The category of the call of this name, the same on every architecture. Nil for a name no table has.
  package static func of(_ name: String) -> SyscallCategory? { byName[name] }

  private static let byName: [String: SyscallCategory] = {
    var byName: [String: SyscallCategory] = [:]
    for category in allCases {
      for name in category.names.split(whereSeparator: \.isWhitespace) { byName[String(name)] = category }
    }
    return byName
  }()

  // A call counts for what its time is spent on: waiting for descriptors or completions is `poll` (`io_uring_enter` and
  // `io_getevents` too: their waits would hide how fast files are), waiting for another thread is `sync`, sleeping is
  // `time`. What works on any descriptor (`read`, `ioctl`, `splice`) is `file`, also where that is a socket.
  private var names: String {
    switch self {
    case .file:
      """
      read write open close stat fstat lstat lseek ioctl pread64 pwrite64 readv writev access dup dup2 dup3 sendfile
      fcntl flock fsync fdatasync truncate ftruncate getdents getdents64 getcwd chdir fchdir rename mkdir rmdir creat
      link unlink symlink readlink chmod fchmod chown fchown lchown umask utime utimes utimensat futimesat mknod ustat
      statfs fstatfs sysfs pivot_root chroot fchroot sync mount umount2 quotactl quotactl_fd nfsservctl readahead setxattr
      lsetxattr fsetxattr getxattr lgetxattr fgetxattr listxattr llistxattr flistxattr removexattr lremovexattr
      fremovexattr setxattrat getxattrat listxattrat removexattrat io_setup io_destroy io_submit io_cancel
      io_uring_setup io_uring_register fadvise64 inotify_init inotify_init1 inotify_add_watch inotify_rm_watch
      fanotify_init fanotify_mark openat openat2 mkdirat mknodat fchownat newfstatat unlinkat renameat renameat2
      linkat symlinkat readlinkat fchmodat fchmodat2 faccessat faccessat2 splice tee vmsplice sync_file_range syncfs
      fallocate preadv pwritev preadv2 pwritev2 name_to_handle_at open_by_handle_at copy_file_range statx close_range
      open_tree open_tree_attr move_mount fsopen fsconfig fsmount fspick mount_setattr statmount listmount cachestat
      file_getattr file_setattr
      """
    case .memory:
      """
      mmap mprotect munmap brk mremap msync mincore madvise mlock mlock2 munlock mlockall munlockall swapon swapoff
      remap_file_pages mbind set_mempolicy get_mempolicy set_mempolicy_home_node migrate_pages move_pages memfd_create
      memfd_secret userfaultfd process_vm_readv process_vm_writev process_madvise process_mrelease pkey_mprotect
      pkey_alloc pkey_free map_shadow_stack mseal
      """
    case .network:
      """
      socket connect accept accept4 sendto recvfrom sendmsg recvmsg sendmmsg recvmmsg shutdown bind listen getsockname
      getpeername socketpair setsockopt getsockopt
      """
    case .process:
      """
      clone clone3 fork vfork execve execveat exit exit_group wait4 waitid getpid getppid gettid getpgid setpgid
      getpgrp getsid setsid getrlimit setrlimit prlimit64 getrusage ptrace personality getpriority setpriority
      sched_setparam sched_getparam sched_setscheduler sched_getscheduler sched_get_priority_max
      sched_get_priority_min sched_rr_get_interval sched_setaffinity sched_getaffinity sched_setattr sched_getattr
      sched_yield ioprio_set ioprio_get prctl arch_prctl modify_ldt set_thread_area get_thread_area set_tid_address
      unshare setns listns kcmp rseq rseq_slice_yield pidfd_open pidfd_getfd
      """
    case .signal:
      """
      rt_sigaction rt_sigprocmask rt_sigreturn rt_sigpending rt_sigtimedwait rt_sigqueueinfo rt_tgsigqueueinfo
      rt_sigsuspend sigaltstack pause kill tkill tgkill signalfd signalfd4 pidfd_send_signal
      """
    case .time:
      """
      nanosleep clock_nanosleep getitimer setitimer alarm gettimeofday settimeofday adjtimex clock_adjtime time times
      timer_create timer_settime timer_gettime timer_getoverrun timer_delete clock_settime clock_gettime clock_getres
      timerfd_create timerfd_settime timerfd_gettime
      """
    case .ipc:
      """
      pipe pipe2 eventfd eventfd2 shmget shmat shmctl shmdt semget semop semctl semtimedop msgget msgsnd msgrcv msgctl
      mq_open mq_unlink mq_timedsend mq_timedreceive mq_notify mq_getsetattr
      """
    case .sync:
      """
      futex futex_waitv futex_wake futex_wait futex_requeue set_robust_list get_robust_list membarrier
      """
    case .poll:
      """
      poll ppoll select pselect6 epoll_create epoll_create1 epoll_ctl epoll_wait epoll_pwait epoll_pwait2
      epoll_ctl_old epoll_wait_old io_getevents io_pgetevents io_uring_enter
      """
    case .security:
      """
      getuid getgid geteuid getegid setuid setgid setreuid setregid getgroups setgroups setresuid getresuid setresgid
      getresgid setfsuid setfsgid capget capset add_key request_key keyctl seccomp landlock_create_ruleset
      landlock_add_rule landlock_restrict_self lsm_get_self_attr lsm_set_self_attr lsm_list_modules
      """
    case .other:
      """
      uname sysinfo syslog sethostname setdomainname reboot iopl ioperm vhangup acct getcpu getrandom bpf
      perf_event_open uprobe uretprobe init_module finit_module delete_module create_module get_kernel_syms
      query_module kexec_load kexec_file_load restart_syscall lookup_dcookie uselib _sysctl getpmsg putpmsg
      afs_syscall tuxcall security vserver
      """
    }
  }
}
