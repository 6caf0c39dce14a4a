// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Requests of block devices: how long they waited for their driver, how long it took, how many, how large, how many
 * failed. What is counted is what /proc/diskstats counts, and when: a request as it ends for good, its bytes as they
 * are transferred. When it was made the kernel keeps (start_time_ns, where diskstats counts from), so that being
 * inserted, merged or given to the driver at once needs no hook.
 */
#include "block.h"
#include "detail.h"
#include "histogram.h"
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct block_config config = {};

/* Element `lane * slots + slot`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct block_slot);
} block_slots SEC(".maps");

/* Slots without an owner: filled by user space, taken by the first request of a device. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, u32);
} block_free_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct block_device);
} block_devices SEC(".maps");

/* Those that the kernel keeps no time of. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct block_request);
} block_requests SEC(".maps");

/* Requests that failed in part, and were counted as an error, by address: when they were made. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 256);
	__type(key, u64);
	__type(value, u64);
} block_failures SEC(".maps");

PER_CPU_ARRAY(block_cpus, block_cpu)

/*
 * Raised by user space as it takes a device out of block_devices: what CPUs know of slots is void. Alone in its
 * section, which is written as a whole.
 */
u32 generation SEC(".data.generation");

/* Whether there ever was anything in block_failures. */
u32 failed_in_part;

/* Adds to a counter of a slot, which one CPU, or several, write from one program alone. */
#define add(counter, value) add_shared(counter, value, config.lane_shift)

#define add_time(slot, operation, times, ns)                                                                           \
	histogram_count(slot, operations[operation].times, BLOCK_FIRST_SLOT, BLOCK_TIME_SLOTS, ns, add)

static __always_inline u32 enlist(struct gendisk *disk, u32 number)
{
	struct block_device fresh = {}, *other;

	if (bpf_map_pop_elem(&block_free_slots, &fresh.slot))
		fresh.slot = BLOCK_OTHER_SLOT;
	__builtin_memcpy(fresh.name, disk->disk_name, sizeof(fresh.name));
	if (!bpf_map_update_elem(&block_devices, &number, &fresh, BPF_NOEXIST))
		return fresh.slot;
	/* another CPU was quicker, or there is no room for more devices */
	if (fresh.slot != BLOCK_OTHER_SLOT)
		bpf_map_push_elem(&block_free_slots, &fresh.slot, 0);
	other = bpf_map_lookup_elem(&block_devices, &number);
	return other ? other->slot : BLOCK_OTHER_SLOT;
}

static __always_inline u32 look_up(struct gendisk *disk, u32 number)
{
	struct block_device *device = bpf_map_lookup_elem(&block_devices, &number);

	return device ? device->slot : enlist(disk, number);
}

/* The counters of a disk; NULL where the request is for none. */
static __always_inline struct block_slot *slot_of(struct block_cpu *c, struct gendisk *disk)
{
	/* gendisks are larger than 512 bytes */
	u64 place = ((u64)disk >> 9 ^ (u64)disk >> 11) % BLOCK_KNOWN;
	struct block_known *known = &c->known[place];
	/* before the look-up: what changes after it must not seem known */
	u32 current = *(volatile u32 *)&generation, index, number;

	if (never_nests && known->disk == (u64)disk && known->generation == current) {
		index = known->slot;
	} else {
		number = disk_number(disk);
		if (!number)
			return NULL;
		barrier();
		index = look_up(disk, number);
		known->disk = (u64)disk;
		known->slot = index;
		known->generation = current;
	}
	index += (bpf_get_smp_processor_id() >> config.lane_shift) * config.slots;
	return bpf_map_lookup_elem(&block_slots, &index);
}

static __always_inline u64 operation_of(u32 command)
{
	u32 operation = command & REQ_OP_MASK;

	if (operation == REQ_OP_FLUSH)
		return BLOCK_FLUSH;
	if (operation == REQ_OP_DISCARD)
		return BLOCK_DISCARD;
	/* zeroing, erasing and commands to zones among them, as diskstats has it: odd numbers write */
	return operation & 1 ? BLOCK_WRITE : BLOCK_READ;
}

static __always_inline bool is_sync(u32 command)
{
	return (command & REQ_OP_MASK) == REQ_OP_READ ||
	       command & (command_flag(REQ_SYNC) | command_flag(REQ_FUA) | command_flag(REQ_PREFLUSH));
}

/* A queue whose statistics are on keeps in each request when it was issued: right after this, where it asks again. */
static __always_inline int issue(struct request *rq)
{
	struct block_request request = {};
	struct request_queue *q = rq->q;
	struct block_cpu *c;
	u64 key = (u64)rq;

	if (q->queue_flags & config.queue_stats)
		return 0;
	if ((rq->cmd_flags & REQ_OP_MASK) >= REQ_OP_PASSTHROUGH)
		return 0;
	request.device = disk_number(disk_of(rq, q));
	if (!request.device)
		return 0;
	request.operation = operation_of(rq->cmd_flags);
	request.issued_ns = bpf_ktime_get_ns();
	/* an entry that is there already belongs to a request whose end was missed */
	if (!bpf_map_update_elem(&block_requests, &key, &request, BPF_ANY))
		return 0;
	c = this_cpu();
	if (c)
		atomic_add(&c->lost, 1);
	return 0;
}

SEC("tp_btf/block_rq_issue")
int block_rq_issue(u64 *context)
{
	if (HAS_QUEUE_ARGUMENT) {
		struct request *rq = (void *)context[1];

		barrier();
		return issue(rq);
	}
	return issue((void *)context[0]);
}

/* Back from the driver, which cannot take it now: it waits again, and its time counts from when it is issued next. */
SEC("tp_btf/block_rq_requeue")
int block_rq_requeue(u64 *context)
{
	u64 key = context[0];

	if (HAS_QUEUE_ARGUMENT) {
		barrier();
		key = context[1];
	}
	bpf_map_delete_elem(&block_requests, &key);
	return 0;
}

/* Whether this is a request's first error: one that fails part by part is one. */
static __always_inline bool is_first_error(struct request *rq, bool is_last)
{
	u64 key = (u64)rq, made = rq->start_time_ns, *marked = NULL;

	if (failed_in_part)
		marked = bpf_map_lookup_elem(&block_failures, &key);
	if (marked && *marked == made)
		return false;
	if (!is_last) {
		failed_in_part = 1;
		bpf_map_update_elem(&block_failures, &key, &made, BPF_ANY);
	}
	return true;
}

/* When the request that ends was issued last; 0 where nobody knows. */
static __always_inline u64 take_issue_time(struct request *rq, struct request_queue *q, u32 flags)
{
	struct block_request *request;
	u64 key = (u64)rq, issued;

	if (flags & config.stats && q->queue_flags & config.queue_stats)
		return rq->io_start_time_ns;
	request = bpf_map_lookup_elem(&block_requests, &key);
	/* statistics that went off after it was issued */
	if (!request)
		return flags & config.stats ? rq->io_start_time_ns : 0;
	issued = request->issued_ns;
	bpf_map_delete_elem(&block_requests, &key);
	return issued;
}

/*
 * Called for every part that completes. A write that asks for a flush before or after it comes here twice: first as a
 * step of the sequence, with its bytes, then as it ends for good, without any.
 */
SEC("tp_btf/block_rq_complete")
int BPF_PROG(block_rq_complete, struct request *rq, int error, unsigned int bytes)
{
	u32 command = rq->cmd_flags, flags = rq->rq_flags;
	/* once, and before any branch: verifiers from 6.3 on spend a millisecond on it each time they come by */
	struct request_queue *q = rq->q;
	struct block_cpu *c = this_cpu();
	struct block_counters *counters;
	struct block_slot *slot;
	bool is_step, is_last;
	u64 operation, key = (u64)rq, issued;

	if ((command & REQ_OP_MASK) >= REQ_OP_PASSTHROUGH || !c)
		return 0;
	slot = slot_of(c, disk_of(rq, q));
	operation = operation_of(command);
	if (!slot || operation >= BLOCK_OPERATIONS)
		return 0;
	counters = &slot->operations[operation];
	is_step = flags & config.flush_seq && operation != BLOCK_FLUSH;
	is_last = bytes >= rq->__data_len;

	if (bytes)
		add(&counters->bytes, bytes);
	if (error && !is_step && is_first_error(rq, is_last))
		add(&counters->errors, 1);
	if (!is_last)
		return 0;
	if (failed_in_part)
		bpf_map_delete_elem(&block_failures, &key);
	if (!is_step)
		add(&counters->ios[is_sync(command) ? BLOCK_SYNC : BLOCK_ASYNC], 1);
	/* one that only asked for a flush never was with the driver itself; one with data was counted as its step ended
	 */
	if (!bytes && (command & REQ_OP_MASK) == REQ_OP_WRITE)
		return 0;
	issued = take_issue_time(rq, q, flags);
	if (!issued)
		return 0;
	add_time(slot, operation, duration, elapsed_since(issued));
	/* when it was made is known where the kernel keeps statistics, of flushes always */
	if (flags & config.io_stat || operation == BLOCK_FLUSH)
		add_time(slot, operation, queue, elapsed(rq->start_time_ns, issued));
	return 0;
}

/*
 * Within another submission: a driver that is stacked on others (device mapper, md) passes on what it was given, in the
 * context of whoever gave it.
 */
static __always_inline bool is_passed_on(void)
{
	struct task_struct___submits *task;

	/* since 5.11 */
	if (bpf_core_enum_value_exists(enum bpf_func_id, BPF_FUNC_get_current_task_btf)) {
		task = (void *)bpf_get_current_task_btf();
		return task->bio_list;
	}
	task = (void *)bpf_get_current_task();
	return BPF_CORE_READ(task, bio_list);
}

static __always_inline int submit(struct bio *bio)
{
	u32 operation = bio->bi_opf & REQ_OP_MASK;
	struct block_cpu *c = this_cpu();

	if (!c || is_passed_on())
		return 0;
	if (operation == REQ_OP_READ)
		add_detail(block_reads, &c->unwatched_reads, 1);
	else if (operation == REQ_OP_WRITE)
		add_detail(block_writes, &c->unwatched_writes, 1);
	return 0;
}

/* Only with detail: in the context of who submits it, which a request is not. */
SEC("tp_btf/block_bio_queue")
int block_bio_queue(u64 *context)
{
	if (BIO_HAS_QUEUE_ARGUMENT) {
		struct bio *bio = (void *)context[1];

		barrier();
		return submit(bio);
	}
	return submit((void *)context[0]);
}
