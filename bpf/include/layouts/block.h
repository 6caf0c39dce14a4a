/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What block.bpf.c keeps: counters by CPU and slot; a device owns a slot or shares the one of all others. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_OPERATIONS };
enum block_mode { BLOCK_ASYNC, BLOCK_SYNC, BLOCK_MODES };

struct block_counters {
	__u64 ios[BLOCK_MODES];
	__u64 bytes;
	__u64 errors;
	struct histogram duration; /* last issue until completion */
	struct histogram queue;	   /* made until last issue */
} SWIFT_NAME(BlockCounters);

#define BLOCK_OTHER_SLOT 0

struct block_slot {
	struct block_counters operations[BLOCK_OPERATIONS];
	__u64 lost; /* requests that found no room in block_requests */
	__u64 padding[7];
} SWIFT_NAME(BlockSlot);

/* With detail: I/Os submitted by processes without series of their own; one per CPU. */
struct block_cpu {
	__u64 unwatched_reads;
	__u64 unwatched_writes;
	__u64 padding[6];
} SWIFT_NAME(BlockPerCPU);

/* A whole disk that had requests, by its number. */
struct block_device {
	__u32 slot;
	char name[32];
} SWIFT_NAME(BlockDevice);

/* A request that the driver has, by its address. */
struct block_request {
	__u64 issued_ns;
	__u32 device;
	__u16 operation;
	__u16 failed; /* in part: counted as an error already */
} SWIFT_NAME(BlockRequest);

struct block_config {
	__u32 slots;	 /* of each CPU */
	__u32 flush_seq; /* the bit RQF_FLUSH_SEQ of rq_flags: a step of a write that asks for flushes */
	__u32 io_stat;	 /* the bit RQF_IO_STAT: the kernel keeps statistics of the request */
} SWIFT_NAME(BlockConfig);
