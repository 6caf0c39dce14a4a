// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * What every process used. The kernel counts it already, in each task and, of dead threads, in signal_struct: an
 * iterator reads it, no event does. Only the end of a task is hooked, so that what it used is not lost with it.
 */
#include "cgroup.h"
#include "percpu.h"
#include "tree.h"
#include "usage.h"
#include "watched.h"
#include "weighed.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define DEFAULT_PRIO 120
#define MAX_RT_PRIO  100
#define PF_KTHREAD   0x00200000

const volatile struct process_config config = {};
/* Only so that BTF tells the layout of the records, which are never but on the stack: a test compares them. */
const struct thread_record *const volatile thread_layout = NULL;
const struct process_record *const volatile process_layout = NULL;
const struct memory_record *const volatile memory_layout = NULL;

PER_CPU_ARRAY(process_cpus, process_cpu)

/* Run time of ended processes by control group; what finds no room is in the entry of the key 0. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct cgroup_key);
	__type(value, struct cgroup_dead);
} dead_by_cgroup SEC(".maps");

/* In its place where tasks are weighed: entries are three times as large. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct cgroup_key);
	__type(value, struct weighed_cgroup_dead);
} weighed_dead SEC(".maps");

static __always_inline bool is_kernel(struct task_struct *task)
{
	return task->flags & PF_KTHREAD;
}

/* What a task's usage is added up by: its control group, or its tree of processes. */
static __always_inline void find_group(struct task_struct *task, struct cgroup_key *key)
{
	struct tree_task *member;

	if (!config.by_tree)
		return find_cgroup(task, config.version1, key);
	member = bpf_task_storage_get(&tree_tasks, task, 0, 0);
	key->id = member ? member->tree + 1 : 0;
	key->hierarchy = HIERARCHY_TREES;
}

/* Dead threads of a group; run-queue time is not among what the kernel keeps of them. */
static __always_inline void add_dead_threads(struct signal_struct *signal, struct usage *usage)
{
	usage->runtime_ns += signal->sum_sched_runtime;
	usage->user_ns += signal->utime;
	usage->system_ns += signal->stime;
	usage->voluntary_switches += signal->nvcsw;
	usage->involuntary_switches += signal->nivcsw;
	usage->minor_faults += signal->min_flt;
	usage->major_faults += signal->maj_flt;
	usage->read_bytes += signal->ioac.read_bytes;
	usage->written_bytes += signal->ioac.write_bytes;
}

#define RESIDENT_BYTES(mm) (RESIDENT_PAGES(mm) << config.page_shift)

static __always_inline void write_memory(struct seq_file *seq, struct task_struct *task)
{
	struct memory_record memory = {};
	struct mm_struct *mm = task->mm;

	if (!mm)
		return;
	memory.kind = RECORD_MEMORY;
	memory.tgid = task->tgid;
	memory.pid = task->pid;
	memory.resident_bytes = RESIDENT_BYTES(mm);
	memory.virtual_bytes = mm->total_vm << config.page_shift;
	bpf_seq_write(seq, &memory, sizeof(memory));
}

/*
 * Run time that is not weighed yet: of a task that runs, what the kernel counted at ticks since, and where a switch was
 * missed, all since then.
 */
static __always_inline void add_pending(struct task_struct *task, const struct weighed_task *weighed,
					struct weights *weights)
{
	u64 pending = task->se.sum_exec_runtime - weighed->ran_ns, package;
	struct weight_cpu *last;
	u32 cpu;

	if (!config.pending || !weighed->ran_ns || (__s64)pending <= 0 || !bpf_core_field_exists(task->wake_cpu))
		return;
	cpu = task->wake_cpu;
	last = bpf_map_lookup_elem(&weight_cpus, &cpu);
	if (!last)
		return;
	package = last->lane - 1;
	if (package < WEIGHT_PACKAGES)
		weights->of_package[package] += pending * config.pending >> 10;
}

/* What a task did so far, and, of a leader, threads that ended. */
static __always_inline void read_weights(struct task_struct *task, struct weights *weights)
{
	struct weighed_task *weighed = bpf_task_storage_get(&weighed_tasks, task, 0, 0);

	if (!weighed)
		return;
#pragma unroll
	for (int i = 0; i < WEIGHT_PACKAGES; i++)
		weights->of_package[i] = weighed->own.of_package[i] + weighed->inherited.of_package[i];
	add_pending(task, weighed, weights);
}

static __always_inline void write_weights(struct seq_file *seq, struct task_struct *task)
{
	struct weights weights = {};

	if (!config.weighed)
		return;
	read_weights(task, &weights);
	bpf_seq_write(seq, &weights, sizeof(weights));
}

SEC("iter/task")
int each_task(struct bpf_iter__task *context)
{
	struct task_struct *task = context->task;
	struct seq_file *seq = context->meta->seq;
	struct process_record process = {};
	struct thread_record thread = {};
	struct signal_struct *signal;
	struct mm_struct *mm;

	if (!task)
		return 0;
	if (task->pid != task->tgid) {
		thread.kind = RECORD_THREAD;
		thread.tgid = task->tgid;
		read_task(task, &thread.usage);
		bpf_seq_write(seq, &thread, sizeof(thread));
		write_weights(seq, task);
		if (!task->group_leader->mm && !is_kernel(task))
			write_memory(seq, task);
		return 0;
	}
	process.kind = RECORD_PROCESS;
	process.tgid = task->tgid;
	read_task(task, &process.usage);
	signal = task->signal;
	add_dead_threads(signal, &process.usage);
	process.start_ns = task->start_boottime;
	find_group(task, &process.cgroup);
	process.threads = signal->nr_threads;
	process.policy = task->policy;
	process.priority = task->prio - MAX_RT_PRIO;
	process.nice = task->static_prio - DEFAULT_PRIO;
	process.is_kernel = is_kernel(task);
	mm = task->mm;
	if (mm) {
		process.memory_of = task->pid;
		process.resident_bytes = RESIDENT_BYTES(mm);
		process.virtual_bytes = mm->total_vm << config.page_shift;
	}
	__builtin_memcpy(process.comm, task->comm, sizeof(process.comm));
	bpf_seq_write(seq, &process, sizeof(process));
	write_weights(seq, task);
	return 0;
}

static __always_inline void add_dead(struct usage *sum, const struct usage *usage)
{
	add_alone(&sum->runtime_ns, usage->runtime_ns);
	add_alone(&sum->user_ns, usage->user_ns);
	add_alone(&sum->system_ns, usage->system_ns);
	add_alone(&sum->voluntary_switches, usage->voluntary_switches);
	add_alone(&sum->involuntary_switches, usage->involuntary_switches);
	add_alone(&sum->minor_faults, usage->minor_faults);
	add_alone(&sum->major_faults, usage->major_faults);
	add_alone(&sum->read_bytes, usage->read_bytes);
	add_alone(&sum->written_bytes, usage->written_bytes);
}

static __always_inline void add_weights(struct weights *sum, const struct weights *weights)
{
#pragma unroll
	for (int i = 0; i < WEIGHT_PACKAGES; i++)
		if (weights->of_package[i])
			atomic_add(&sum->of_package[i], weights->of_package[i]);
}

/* The entry of a control group in one of the two maps, which is made of `zero` where there is none. */
static __always_inline void *find_dead(void *map, struct cgroup_key *key, const void *zero)
{
	void *sum = bpf_map_lookup_elem(map, key);

	if (!sum) {
		bpf_map_update_elem(map, key, zero, BPF_NOEXIST);
		sum = bpf_map_lookup_elem(map, key);
	}
	if (!sum) {
		key->id = 0;
		key->hierarchy = 0;
		sum = bpf_map_lookup_elem(map, key);
	}
	return sum;
}

static __always_inline void add_runtime(struct cgroup_dead *sum, u64 runtime, bool is_kernel)
{
	atomic_add(&sum->runtime_ns, runtime);
	if (is_kernel)
		atomic_add(&sum->kernel_ns, runtime);
}

static __always_inline void add_dead_to_cgroup(struct task_struct *task, u64 runtime, const struct weights *weights)
{
	static const struct weighed_cgroup_dead zero;
	struct weighed_cgroup_dead *weighed;
	struct cgroup_key key = {};
	struct cgroup_dead *sum;

	find_group(task, &key);
	if (!config.weighed) {
		sum = find_dead(&dead_by_cgroup, &key, &zero.used);
		if (sum)
			add_runtime(sum, runtime, is_kernel(task));
		return;
	}
	weighed = find_dead(&weighed_dead, &key, &zero);
	if (!weighed)
		return;
	add_runtime(&weighed->used, runtime, is_kernel(task));
	add_weights(&weighed->weights, weights);
	if (is_kernel(task))
		add_weights(&weighed->kernel_weights, weights);
}

/*
 * Called when a task's last reference from the scheduler is gone: it will never run again and the iterator no longer
 * sees it. Of a group the leader is the last to come here, and signal_struct holds what all its threads used.
 */
SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	u64 delay = task->sched_info.run_delay;
	struct watched_process *watch;
	struct weights weights = {};
	struct usage usage = {};
	struct process_cpu *c;
	bool is_last;

	c = this_cpu();
	if (!c)
		return 0;
	watch = watched_process(task);
	add_alone(&c->dead.runqueue_ns, delay);
	if (watch)
		atomic_add(&watch->dead_runqueue_ns, delay);
	/* exec by a thread makes it the leader: the old one comes here with a new leader beside it */
	is_last = task->pid == task->tgid && task->group_leader == task;
	if (config.weighed) {
		read_weights(task, &weights);
		add_weights(&c->dead_weights, &weights);
		if (is_kernel(task))
			add_weights(&c->dead_kernel_weights, &weights);
	} else if (!is_last) {
		return 0;
	}
	if (is_last)
		add_dead_threads(task->signal, &usage);
	if (config.by_cgroup)
		add_dead_to_cgroup(task, usage.runtime_ns, &weights);
	if (!is_last)
		return 0;

	add_dead(&c->dead, &usage);
	if (is_kernel(task))
		add_alone(&c->dead_kernel_ns, usage.runtime_ns);
	if (watch) {
		watch->final = usage;
		watch->final_weights = weights;
		barrier();
		watch->is_dead = 1;
	}
	return 0;
}
