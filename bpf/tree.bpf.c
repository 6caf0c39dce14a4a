// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What trees of processes use, from their first program to the last switch of each of their tasks. A task belongs to
 * the tree of the one that forked it, whatever becomes of its parents. The kernel counts most of it itself in each
 * task: it is read as the task leaves its CPU for the last time, or by an iterator while it lives.
 */
#include "tree.h"
#include "blocked.h"
#include "registers.h"
#include "socket.h"
#include "usage.h"
#include <asm-generic/errno-base.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define AF_INET		  2
#define SIGNAL_GROUP_EXIT 0x4 /* group_exit_code is what wait() will tell */
#define RESTART_ERRORS	  512 /* and above: the kernel's own, of calls that are made once more */

const volatile struct tree_config config = {};
/* Only so that BTF tells the layout of the records, which are never but on the stack: a test compares them. */
const struct tree_record *const volatile record_layout = NULL;

/* By CPU, of each all trees. */
#define TREE_ARRAY(name, element)                                                                                      \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY);                                                                      \
		__uint(map_flags, BPF_F_MMAPABLE);                                                                     \
		__uint(max_entries, 1);                                                                                \
		__type(key, u32);                                                                                      \
		__type(value, struct element);                                                                         \
	} name SEC(".maps");

TREE_ARRAY(tree_cpus, tree_cpu)
TREE_ARRAY(tree_calls, tree_calls)

/* By tree; user space names the process. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct tree_root);
} tree_roots SEC(".maps");

/* Where figures are kept by process, too. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tree_process_key);
	__type(value, struct tree_process);
} tree_processes SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, struct tree_call_key);
	__type(value, struct tree_call);
} tree_process_calls SEC(".maps");

/*
 * Processes of which no thread lives: several of their last threads may find that at once. An entry is needed for
 * microseconds only, so the oldest may go.
 */
struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 1024);
	__type(key, struct tree_process_key);
	__type(value, u8);
} ended_processes SEC(".maps");

static __always_inline struct tree_task *find_member(struct task_struct *task)
{
	return bpf_task_storage_get(&tree_tasks, task, 0, 0);
}

/* The running task's, once its tree has begun. */
static __always_inline struct tree_task *current_member(void)
{
	struct tree_task *member = find_member(bpf_get_current_task_btf());

	return member && !member->waits ? member : NULL;
}

static __always_inline u32 place(const struct tree_task *member)
{
	return bpf_get_smp_processor_id() * config.trees + member->tree;
}

static __always_inline struct tree_cpu *this_tree(const struct tree_task *member)
{
	u32 key = place(member);

	return bpf_map_lookup_elem(&tree_cpus, &key);
}

static __always_inline void add_usage(struct usage *sum, const struct usage *more)
{
	atomic_add(&sum->runtime_ns, more->runtime_ns);
	atomic_add(&sum->user_ns, more->user_ns);
	atomic_add(&sum->system_ns, more->system_ns);
	atomic_add(&sum->voluntary_switches, more->voluntary_switches);
	atomic_add(&sum->involuntary_switches, more->involuntary_switches);
	atomic_add(&sum->minor_faults, more->minor_faults);
	atomic_add(&sum->major_faults, more->major_faults);
	atomic_add(&sum->read_bytes, more->read_bytes);
	atomic_add(&sum->written_bytes, more->written_bytes);
	atomic_add(&sum->runqueue_ns, more->runqueue_ns);
}

static __always_inline void subtract_usage(struct usage *sum, const struct usage *less)
{
	struct usage negative = {
		.runtime_ns = -less->runtime_ns,
		.user_ns = -less->user_ns,
		.system_ns = -less->system_ns,
		.voluntary_switches = -less->voluntary_switches,
		.involuntary_switches = -less->involuntary_switches,
		.minor_faults = -less->minor_faults,
		.major_faults = -less->major_faults,
		.read_bytes = -less->read_bytes,
		.written_bytes = -less->written_bytes,
		.runqueue_ns = -less->runqueue_ns,
	};

	add_usage(sum, &negative);
}

/* The process of a task. Its leader's, for threads come and go. */
static __always_inline void find_key(struct task_struct *task, u32 tree, struct tree_process_key *key)
{
	key->tgid = task->tgid;
	key->tree = tree;
	key->start_ns = task->group_leader->start_boottime;
}

/* The entry of a process, made where there is none; NULL where there is no room. */
static __always_inline struct tree_process *find_process(struct tree_process_key *key)
{
	struct tree_process *process = bpf_map_lookup_elem(&tree_processes, key);
	static const struct tree_process none;

	if (process)
		return process;
	bpf_map_update_elem(&tree_processes, key, &none, BPF_NOEXIST);
	return bpf_map_lookup_elem(&tree_processes, key);
}

/* What a task that is in the tree from here on had used before is not the tree's. */
static __always_inline void begin_with(struct task_struct *task, struct tree_task *member, struct tree_cpu *c, u64 now)
{
	struct tree_process_key key = {};
	struct tree_process *process;
	struct usage usage = {};

	read_task(task, &usage);
	/* the kernel brings that up to date at ticks and switches only */
	if (member->oncpu_at)
		usage.runtime_ns = member->ran_ns + elapsed(member->oncpu_at, now);
	subtract_usage(&c->ended, &usage);
	if (!config.by_process)
		return;
	find_key(task, member->tree, &key);
	process = find_process(&key);
	if (process)
		subtract_usage(&process->used, &usage);
	else
		atomic_add(&c->lost, 1);
}

/*
 * The kernel refuses new storage while an iterator that it preempted on this CPU is at that of any task. A new task
 * that it was refused to asks once more itself, as it returns from fork() and as it executes a program.
 */
static __always_inline struct tree_task *find_member_or_join(struct task_struct *task)
{
	struct tree_task *member = find_member(task), *parent;
	struct tree_cpu *c;

	if (member)
		return member;
	parent = find_member(task->real_parent);
	if (!parent || parent->waits)
		return NULL;
	member = bpf_task_storage_get(&tree_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!member)
		return NULL;
	member->tree = parent->tree;
	c = this_tree(member);
	if (c)
		atomic_add(&c->lost, -1);
	return member;
}

SEC("tp_btf/sched_process_fork")
int BPF_PROG(sched_process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct tree_task *member = find_member(parent), *fresh;
	struct tree_cpu *c;

	if (!member || member->waits)
		return 0;
	c = this_tree(member);
	if (!c)
		return 0;
	atomic_add(child->tgid == parent->tgid ? &c->threads : &c->processes, 1);
	fresh = bpf_task_storage_get(&tree_tasks, child, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (fresh)
		fresh->tree = member->tree;
	else
		atomic_add(&c->lost, 1);
	return 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(sched_process_exec, struct task_struct *task)
{
	struct tree_task *member = find_member_or_join(task);
	struct tree_root *root;
	struct tree_cpu *c;
	u32 tree;

	if (!member)
		return 0;
	c = this_tree(member);
	if (!c)
		return 0;
	atomic_add(&c->programs, 1);
	if (!member->waits)
		return 0;
	member->waits = 0;
	c->began_ns = bpf_ktime_get_ns();
	begin_with(task, member, c, c->began_ns);
	tree = member->tree;
	root = bpf_map_lookup_elem(&tree_roots, &tree);
	if (root)
		root->earlier_pages = task->signal->maxrss;
	return 0;
}

/* The most that a process had resident, in pages; of the running one, or of one that ended. */
static __always_inline u64 peak_of_ended(struct task_struct *task, struct tree_root *root)
{
	u64 pages = task->signal->maxrss;

	/* what it was before its program began is in there, too */
	if (root && root->tgid == (u32)task->tgid && pages <= root->earlier_pages)
		return root->pages;
	return pages;
}

static __always_inline u64 peak_of_living(struct mm_struct *mm)
{
	u64 highest = mm->hiwater_rss, now = RESIDENT_PAGES(mm);

	return highest > now ? highest : now;
}

/* What wait() tells of the process of a task. */
static __always_inline u32 exit_code(struct task_struct *task)
{
	struct signal_struct *signal = task->signal;

	return signal->flags & SIGNAL_GROUP_EXIT ? signal->group_exit_code : task->group_leader->exit_code;
}

static __always_inline void keep_process(struct task_struct *task, struct tree_task *member, const struct usage *usage,
					 u64 pages, struct tree_cpu *c)
{
	struct tree_process_key key = {};
	struct tree_process *process;

	find_key(task, member->tree, &key);
	process = find_process(&key);
	if (!process) {
		atomic_add(&c->lost, 1);
		return;
	}
	add_usage(&process->used, usage);
	if (pages > process->peak_pages)
		process->peak_pages = pages;
	process->parent = task->real_parent->tgid;
	process->exit_code = exit_code(task);
	__builtin_memcpy(process->comm, task->group_leader->comm, sizeof(process->comm));
	process->has_ended = task->signal->live.counter == 0;
}

/* Of its last threads the first to come here: the process has ended. */
static __always_inline void end_process(struct task_struct *task, u32 tree, struct tree_root *root, struct tree_cpu *c)
{
	struct tree_process_key key = {};
	u8 seen = 1;

	find_key(task, tree, &key);
	if (bpf_map_update_elem(&ended_processes, &key, &seen, BPF_NOEXIST) == -EEXIST)
		return;
	atomic_add(&c->ended_processes, 1);
	if (exit_code(task))
		atomic_add(&c->failed_processes, 1);
	if (root && root->tgid == (u32)task->tgid)
		root->has_ended = 1;
}

/* A task leaves its CPU for good. */
static __always_inline void end_task(struct task_struct *task, struct tree_task *member, struct tree_cpu *c)
{
	u32 tree = member->tree;
	struct tree_root *root = bpf_map_lookup_elem(&tree_roots, &tree);
	u64 pages = peak_of_ended(task, root);
	struct usage usage = {};

	read_task(task, &usage);
	add_usage(&c->ended, &usage);
	if (pages > c->peak_pages)
		c->peak_pages = pages;
	if (task->signal->live.counter == 0)
		end_process(task, tree, root, c);
	if (config.by_process)
		keep_process(task, member, &usage, pages, c);
	member->has_ended = 1;
	atomic_add(&c->ended_tasks, 1);
}

SEC("tp_btf/sched_switch")
int BPF_PROG(sched_switch, bool preempt, struct task_struct *prev, struct task_struct *next)
{
	struct tree_task *from = find_member(prev), *to = find_member(next);
	struct tree_cpu *c;
	u32 state;

	if (from && !from->waits) {
		state = task_state(prev);
		c = this_tree(from);
		if (c && state == TASK_DEAD) {
			end_task(prev, from, c);
		} else if (!preempt && state) {
			from->blocked_at = bpf_ktime_get_ns();
			from->offcpu_reason = offcpu_reason(prev);
		}
	}
	if (to && to->waits) {
		to->oncpu_at = bpf_ktime_get_ns();
		to->ran_ns = next->se.sum_exec_runtime;
	} else if (to && to->blocked_at) {
		c = this_tree(to);
		if (c && to->offcpu_reason < OFFCPU_REASONS)
			atomic_add(&c->offcpu_ns[to->offcpu_reason], elapsed_since(to->blocked_at));
		to->blocked_at = 0;
	}
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	struct tree_task *member = find_member(task);
	struct tree_cpu *c = member && member->has_ended ? this_tree(member) : NULL;

	if (c)
		atomic_add(&c->freed_tasks, 1);
	return 0;
}

static __always_inline void count_by_process(struct tree_task *member, u32 index, bool failed, u64 ns)
{
	struct tree_call_key key = {.call = index};
	static const struct tree_call none;
	struct tree_call *call;
	struct tree_cpu *c;

	find_key(bpf_get_current_task_btf(), member->tree, &key.process);
	call = bpf_map_lookup_elem(&tree_process_calls, &key);
	if (!call) {
		bpf_map_update_elem(&tree_process_calls, &key, &none, BPF_NOEXIST);
		call = bpf_map_lookup_elem(&tree_process_calls, &key);
	}
	if (!call) {
		c = this_tree(member);
		if (c)
			atomic_add(&c->lost, 1);
		return;
	}
	atomic_add(&call->calls, 1);
	if (failed)
		atomic_add(&call->errors, 1);
	atomic_add(&call->ns, ns);
}

static __always_inline void count_call(struct tree_task *member, u32 index, u64 error)
{
	bool failed = error && error < RESTART_ERRORS;
	u64 ns = member->entered_at ? elapsed_since(member->entered_at) : 0;
	struct tree_calls *calls;
	u32 key = place(member);

	member->entered_at = 0;
	calls = bpf_map_lookup_elem(&tree_calls, &key);
	if (!calls)
		return;
	/* the hooks run in their task's context with preemption off, so plain additions are whole */
	index &= SYSCALL_INDEXES - 1;
	calls->calls[index]++;
	if (failed)
		calls->errors[index]++;
	calls->ns[index] += ns;
	if (config.by_process)
		count_by_process(member, index, failed, ns);
}

/* The first process may end with this call: what it has resident is not to be seen afterwards. */
static __always_inline void see_memory(struct tree_task *member, long number)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u32 tree = member->tree;
	struct tree_root *root;

	if (!(config.kinds[number & (SYSCALL_INDEXES - 1)] & SYSCALL_ENDS))
		return;
	root = bpf_map_lookup_elem(&tree_roots, &tree);
	if (root && root->tgid == (u32)task->tgid && task->mm)
		root->pages = peak_of_living(task->mm);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long number)
{
	struct tree_task *member = current_member();

	if (!member)
		return 0;
	see_memory(member, number);
	member->entered_at = bpf_ktime_get_ns();
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long ret)
{
	struct tree_task *member = current_member();
	struct counted_call call;

	if (member && returned_call(regs, ret, config.kinds, config.sigreturn, &call))
		count_call(member, call.index, call.error);
	else if (!member && !ret && config.kinds[call_number(regs) & (SYSCALL_INDEXES - 1)] & SYSCALL_FORKS)
		find_member_or_join(bpf_get_current_task_btf());
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(sched_process_exit)
{
	struct tree_task *member = current_member();
	u32 index;

	if (member && ended_call(config.kinds, &index))
		count_call(member, index, 0);
	return 0;
}

/* What sockets of the internet's families hand over and take, without headers. */
static __always_inline int count_bytes(struct sock *sk, int bytes, bool sent)
{
	struct tree_task *member;
	struct tree_cpu *c;
	u16 family;

	if (bytes <= 0)
		return 0;
	member = current_member();
	if (!member)
		return 0;
	family = sk->__sk_common.skc_family;
	if (family != AF_INET && family != AF_INET6)
		return 0;
	c = this_tree(member);
	if (c)
		atomic_add(sent ? &c->sent_bytes : &c->received_bytes, bytes);
	return 0;
}

/* Since 6.3. */
SEC("tp_btf/sock_send_length")
int BPF_PROG(sock_send_length, struct sock *sk, int ret)
{
	return count_bytes(sk, ret, true);
}

SEC("tp_btf/sock_recv_length")
int BPF_PROG(sock_recv_length, struct sock *sk, int ret)
{
	return count_bytes(sk, ret, false);
}

/* The tree that a task which is in none belongs to: that it is a root of, or its parent's; `trees` where there is none.
 */
static __always_inline u32 tree_of(struct task_struct *task)
{
	struct tree_task *parent;
	struct tree_root *root;

	for (u32 tree = 0; tree < MAX_TREES; tree++) {
		u32 key = tree;

		if (tree >= config.trees)
			break;
		root = bpf_map_lookup_elem(&tree_roots, &key);
		if (root && root->tgid && root->tgid == (u32)task->tgid)
			return tree;
	}
	parent = find_member(task->real_parent);
	return parent ? parent->tree : config.trees;
}

/* A task that sleeps as it joins a tree is off its CPU from here on. */
static __always_inline void begin_asleep(struct task_struct *task, struct tree_task *member)
{
	if (!task_state(task))
		return;
	member->offcpu_reason = offcpu_reason(task);
	member->blocked_at = bpf_ktime_get_ns();
}

/* Read by user space after it has named the roots, until a pass finds no more: who lives already is in their trees. */
SEC("iter/task")
int adopt(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	const u32 refused = TREE_REFUSED;
	struct tree_task *member;
	struct tree_cpu *c;
	u32 tree;

	/* one that has ended waits for its parent, or is about to go */
	if (!task || task->exit_state || find_member(task))
		return 0;
	tree = tree_of(task);
	if (tree >= config.trees)
		return 0;
	member = bpf_task_storage_get(&tree_tasks, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!member) {
		bpf_seq_write(context->meta->seq, &refused, sizeof(refused));
		return 0;
	}
	member->tree = tree;
	member->waits = config.until_programs;
	c = this_tree(member);
	if (c && !config.until_programs) {
		if (!c->began_ns)
			c->began_ns = bpf_ktime_get_ns();
		begin_with(task, member, c, 0);
		begin_asleep(task, member);
	}
	bpf_seq_write(context->meta->seq, &tree, sizeof(tree));
	return 0;
}

/* The tasks that live. */
SEC("iter/task")
int each_member(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct tree_record record = {};
	struct tree_task *member;

	if (!task)
		return 0;
	member = find_member(task);
	if (!member || member->waits || member->has_ended)
		return 0;
	find_key(task, member->tree, &record.process);
	record.pid = task->pid;
	record.parent = task->real_parent->tgid;
	read_task(task, &record.usage);
	if (member->blocked_at) {
		record.offcpu_reason = member->offcpu_reason;
		record.offcpu_ns = elapsed_since(member->blocked_at);
	}
	if (task->mm)
		record.peak_pages = peak_of_living(task->mm);
	__builtin_memcpy(record.comm, task->comm, sizeof(record.comm));
	bpf_seq_write(context->meta->seq, &record, sizeof(record));
	return 0;
}

/* Whoever is in a tree still is in none from here on. */
SEC("iter/task")
int release(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;

	if (task)
		bpf_task_storage_delete(&tree_tasks, task);
	return 0;
}
