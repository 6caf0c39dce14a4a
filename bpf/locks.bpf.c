// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Waits for the kernel's locks, from lock:contention_begin to lock:contention_end (since 5.19). The programs run while
 * a lock is waited for or has just been taken, perhaps one that a BPF helper wants: they take none themselves, but for
 * the first wait of a task for a lock that sleeps, where no spinlock but that lock's own is held. Waits that spin are
 * kept with the CPU, which they do not leave; others with the task. Numbers alone are read, so raw_tp programs do.
 *
 * A lock that is contended inside one of the programs is not seen: the kernel runs no program within itself
 * (since 6.1). So there is no recursion, but there are ends without beginnings and the reverse, which are dropped.
 */
#include "histogram.h"
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* include/trace/events/lock.h */
#define LCB_F_SPIN   (1U << 0)
#define LCB_F_READ   (1U << 1)
#define LCB_F_WRITE  (1U << 2)
#define LCB_F_RT     (1U << 3)
#define LCB_F_PERCPU (1U << 4)
#define LCB_F_MUTEX  (1U << 5)

const volatile struct locks_config config = {};

PER_CPU_ARRAY(locks_cpus, locks_cpu)

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct lock_waits);
} lock_storage SEC(".maps");

/* By address of the task, where there is no task storage: entries go with their tasks. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct lock_waits);
} lock_waits SEC(".maps");

static const struct lock_waits no_waits = {};

static __always_inline u64 lock_kind(u32 flags)
{
	bool is_read = flags & LCB_F_READ;

	if (flags & LCB_F_MUTEX)
		return LOCK_MUTEX;
	if (flags & LCB_F_RT)
		return is_read ? LOCK_RT_RWLOCK_READ : flags & LCB_F_WRITE ? LOCK_RT_RWLOCK_WRITE : LOCK_RTMUTEX;
	if (flags & LCB_F_PERCPU)
		return is_read ? LOCK_PERCPU_RWSEM_READ : LOCK_PERCPU_RWSEM_WRITE;
	if (flags & LCB_F_SPIN)
		return is_read ? LOCK_RWLOCK_READ : flags & LCB_F_WRITE ? LOCK_RWLOCK_WRITE : LOCK_SPINLOCK;
	return is_read ? LOCK_RWSEM_READ : flags & LCB_F_WRITE ? LOCK_RWSEM_WRITE : LOCK_SEMAPHORE;
}

/* Of the task that runs. */
static __always_inline struct lock_waits *task_waits(bool create, struct locks_cpu *c)
{
	struct lock_waits *waits;
	u64 task;

	if (config.task_storage) {
		waits = bpf_task_storage_get(&lock_storage, bpf_get_current_task_btf(), 0,
					     create ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	} else {
		task = bpf_get_current_task();
		waits = bpf_map_lookup_elem(&lock_waits, &task);
		if (!waits && create) {
			bpf_map_update_elem(&lock_waits, &task, &no_waits, BPF_NOEXIST);
			waits = bpf_map_lookup_elem(&lock_waits, &task);
		}
	}
	if (!waits && create)
		atomic_add(&c->lost, 1);
	return waits;
}

static __always_inline void begin_wait(struct lock_waits *waits, u64 lock, u64 kind, struct locks_cpu *c)
{
	u64 depth = waits->depth;

	for (u64 i = 0; i < LOCK_NESTING; i++) {
		struct lock_wait *wait = &waits->waits[i];

		if (i < depth && wait->lock != lock)
			continue;
		/* a mutex says once more that it is waited for where it begins or ends to spin: that is one wait */
		if (i >= depth || kind != LOCK_MUTEX || wait->begun < c->attached) {
			wait->lock = lock;
			wait->begun = bpf_ktime_get_ns();
			wait->kind = kind;
		}
		waits->depth = i + 1;
		return;
	}
	/* as deep as this only where ends were missed */
	atomic_add(&c->too_deep, depth + 1);
	waits->depth = 0;
}

/* False where it is none of these waits. */
static __always_inline bool end_wait(struct lock_waits *waits, u64 lock, struct locks_cpu *c)
{
	u64 depth = waits->depth;

	for (int i = LOCK_NESTING - 1; i >= 0; i--) {
		struct lock_wait *wait = &waits->waits[i];
		u64 kind = wait->kind;

		if ((u64)i >= depth || wait->lock != lock)
			continue;
		/* what lies above has ended unseen */
		waits->depth = i;
		if (kind < LOCK_KINDS && wait->begun >= c->attached)
			histogram_add_alone(c, contention[kind], elapsed_since(wait->begun));
		return true;
	}
	return false;
}

SEC("raw_tp/contention_begin")
int contention_begin(struct raw_tracepoint *context)
{
	struct locks_cpu *c = this_cpu();
	u64 lock = context->args[0];
	u32 flags = context->args[1];
	struct lock_waits *waits;

	if (!c)
		return 0;
	if ((flags & (LCB_F_SPIN | LCB_F_MUTEX)) == LCB_F_SPIN)
		waits = &c->spinning;
	else
		waits = task_waits(true, c);
	if (waits)
		begin_wait(waits, lock, lock_kind(flags), c);
	return 0;
}

SEC("raw_tp/contention_end")
int contention_end(struct raw_tracepoint *context)
{
	struct locks_cpu *c = this_cpu();
	u64 lock = context->args[0];
	struct lock_waits *waits;

	if (!c || (c->spinning.depth && end_wait(&c->spinning, lock, c)))
		return 0;
	waits = task_waits(false, c);
	if (waits && waits->depth)
		end_wait(waits, lock, c);
	return 0;
}

/* Only where waits are in the hash. */
SEC("raw_tp/sched_process_free")
int sched_process_free(struct raw_tracepoint *context)
{
	u64 task = context->args[0];

	bpf_map_delete_elem(&lock_waits, &task);
	return 0;
}

/* Run once on each CPU by user space before the others are attached. */
SEC("raw_tp")
int watch_locks(void *context)
{
	struct locks_cpu *c = this_cpu();

	if (!c)
		return 0;
	c->attached = bpf_ktime_get_ns();
	c->spinning.depth = 0;
	return 0;
}
