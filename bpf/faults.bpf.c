// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Page faults from the call of handle_mm_fault() to its end. A fault that has to wait is given up and tried again: that
 * is one fault, from its first attempt to the end of its last.
 */
#include "histogram.h"
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* enum fault_flag; macros before da2f5eb3d344 ("mm/doc: turn fault flags into an enum", 5.13) */
#define FAULT_FLAG_USER 0x40

/* enum vm_fault_reason */
#define VM_FAULT_MAJOR 0x4
#define VM_FAULT_RETRY 0x400
/* OOM, SIGBUS, HWPOISON, HWPOISON_LARGE, SIGSEGV, FALLBACK */
#define VM_FAULT_ERROR 0x873

struct vm_area_struct;

const volatile struct faults_config config = {};

/* A stamp from before the programs were last attached is of a fault whose end they did not see. */
u64 watched_since;

PER_CPU_ARRAY(faults_cpus, faults_cpu)

/* The fault a task is in. */
struct fault_entry {
	u64 ns; /* when it began; 0: none */
	u64 address;
	u32 is_major; /* an attempt asked storage for the page */
	u32 is_tried; /* an attempt ended without a result */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct fault_entry);
} fault_storage SEC(".maps");

/* By address of the task, where there is no task storage (before 5.12). */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct fault_entry);
} fault_tasks SEC(".maps");

static __always_inline struct fault_entry *hashed_entry(bool create)
{
	struct fault_entry *entry, fresh = {};
	u64 key = bpf_get_current_task();

	entry = bpf_map_lookup_elem(&fault_tasks, &key);
	if (entry || !create)
		return entry;
	bpf_map_update_elem(&fault_tasks, &key, &fresh, BPF_NOEXIST);
	return bpf_map_lookup_elem(&fault_tasks, &key);
}

static __always_inline struct fault_entry *current_entry(bool create)
{
	if (!config.task_storage)
		return hashed_entry(create);
	return bpf_task_storage_get(&fault_storage, bpf_get_current_task_btf(), 0,
				    create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
}

SEC("fentry/handle_mm_fault")
int BPF_PROG(fault_begin, struct vm_area_struct *area, unsigned long address)
{
	struct fault_entry *entry = current_entry(true);
	struct faults_cpu *c;

	if (!entry) {
		c = this_cpu();
		if (c)
			atomic_add(&c->lost, 1);
		return 0;
	}
	if (entry->is_tried && entry->address == address && entry->ns > watched_since)
		return 0;
	entry->address = address;
	entry->is_major = false;
	entry->ns = bpf_ktime_get_ns();
	return 0;
}

SEC("fexit/handle_mm_fault")
int BPF_PROG(fault_end, struct vm_area_struct *area, unsigned long address, unsigned int flags, struct pt_regs *regs,
	     unsigned int result)
{
	struct fault_entry *entry = current_entry(false);
	struct faults_cpu *c = this_cpu();
	u32 kind, mode;
	u64 ns;

	if (!entry || !c || entry->ns <= watched_since)
		return 0;
	/* as /proc/vmstat counts them; once more in maj_flt are those that waited for what another fault had asked for
	 */
	if (result & VM_FAULT_MAJOR)
		entry->is_major = true;
	entry->is_tried = !!(result & VM_FAULT_RETRY);
	if (entry->is_tried)
		return 0;
	ns = elapsed_since(entry->ns);
	entry->ns = 0;
	if (result & VM_FAULT_ERROR)
		return 0;
	kind = entry->is_major ? FAULT_MAJOR : FAULT_MINOR;
	mode = flags & FAULT_FLAG_USER ? FAULT_USER : FAULT_KERNEL;
	/* faults are preempted by those of other tasks */
	add_alone(&c->faults[kind][mode], 1);
	histogram_add_alone(c, durations[kind], ns);
	return 0;
}

/* Run by user space just before it attaches the others. */
SEC("raw_tp")
int watch(void *context)
{
	watched_since = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/sched_process_free")
int sched_process_free(struct raw_tracepoint *context)
{
	u64 key = context->args[0];

	bpf_map_delete_elem(&fault_tasks, &key);
	return 0;
}
