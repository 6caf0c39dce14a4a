/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Of the block layer, what block.bpf.c reads. */
#pragma once
#include "kernel.h"

#define REQ_OP_MASK 0xff

enum req_op { REQ_OP_READ = 0, REQ_OP_WRITE = 1, REQ_OP_FLUSH = 2, REQ_OP_DISCARD = 3 };

/* Commands of the driver's own (SCSI generic, NVMe admin) begin here: diskstats leaves them out too. */
#define REQ_OP_PASSTHROUGH 32

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct gendisk {
	int major;
	int first_minor;
	char disk_name[32];
};

struct request_queue {
	unsigned long queue_flags;
	struct gendisk *disk;
};

struct request {
	struct request_queue *q;
	unsigned int cmd_flags;
	unsigned int rq_flags;
	unsigned int __data_len;
	u64 start_time_ns;
	u64 io_start_time_ns;
};

struct bio {
	unsigned int bi_opf;
};

struct bio_list;

struct task_struct___submits {
	struct bio_list *bio_list; /* what is submitted within a driver's own submit_bio() is put there */
};

/* f3fa33acca9f ("block: remove the ->rq_disk field in struct request", 5.17). */
struct request___before_5_17 {
	struct gendisk *rq_disk;
};

#pragma clang attribute pop

enum req_flag_bits {
	__REQ_SYNC = 11,
	__REQ_FUA = 17,
	__REQ_PREFLUSH = 18,
};

#define command_flag(name) (1U << bpf_core_enum_value(enum req_flag_bits, __##name))

/* a54895fa057c ("block: remove the request_queue to argument request based tracepoints", 5.11) */
typedef void (*btf_trace_block_rq_issue___before_5_11)(void *, struct request_queue *, struct request *);
#define HAS_QUEUE_ARGUMENT bpf_core_type_matches(btf_trace_block_rq_issue___before_5_11)

/* e8a676d61c07 ("block: simplify and extended the block_bio_merge tracepoint class", 5.11) */
typedef void (*btf_trace_block_bio_queue___before_5_11)(void *, struct request_queue *, struct bio *);
#define BIO_HAS_QUEUE_ARGUMENT bpf_core_type_matches(btf_trace_block_bio_queue___before_5_11)

/* `q` is the queue of `rq`. */
static __always_inline struct gendisk *disk_of(struct request *rq, struct request_queue *q)
{
	struct request___before_5_17 *old = (void *)rq;

	if (bpf_core_field_exists(old->rq_disk))
		return old->rq_disk;
	return q->disk;
}

/* The number of the whole disk; 0 where the request is for none, such as a tape. */
static __always_inline u32 disk_number(struct gendisk *disk)
{
	return (u32)disk->major << 20 | (u32)disk->first_minor;
}
