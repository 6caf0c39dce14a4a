/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What block.bpf.c keeps: counters by lane of CPUs and slot; a device owns a slot or shares the one of all others. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

enum block_operation { BLOCK_READ, BLOCK_WRITE, BLOCK_FLUSH, BLOCK_DISCARD, BLOCK_OPERATIONS };
enum block_mode { BLOCK_ASYNC, BLOCK_SYNC, BLOCK_MODES };

/* 2^-16 to 2^3 s, and above. */
#define BLOCK_FIRST_SLOT 14
#define BLOCK_TIME_SLOTS 21

struct block_times {
	__u64 slots[BLOCK_TIME_SLOTS]; /* those of struct histogram from BLOCK_FIRST_SLOT on; the ends take the rest */
	__u64 sum;		       /* ns */
} SWIFT_NAME(BlockTimes);

struct block_counters {
	__u64 ios[BLOCK_MODES];
	__u64 bytes;
	__u64 errors;
	struct block_times duration; /* last issue until completion */
	struct block_times queue;    /* made until last issue */
} SWIFT_NAME(BlockCounters);

#define BLOCK_OTHER_SLOT 0

struct block_slot {
	struct block_counters operations[BLOCK_OPERATIONS];
} SWIFT_NAME(BlockSlot);

/* The slot of a disk that completed requests on this CPU. */
struct block_known {
	__u64 disk; /* the address of its struct gendisk */
	__u32 slot;
	__u32 generation; /* of block_devices, when it was looked up */
} SWIFT_NAME(BlockKnownDisk);

#define BLOCK_KNOWN 4

/* One per CPU. */
struct block_cpu {
	struct block_known known[BLOCK_KNOWN];
	__u64 lost; /* requests that found no room in block_requests */
	/* with detail: I/Os submitted by processes without series of their own */
	__u64 unwatched_reads;
	__u64 unwatched_writes;
	__u64 padding[5];
} SWIFT_NAME(BlockPerCPU);

/* A whole disk that had requests, by its number. */
struct block_device {
	__u32 slot;
	char name[32];
} SWIFT_NAME(BlockDevice);

/* A request that the driver has, by its address, where the kernel does not keep when it was issued. */
struct block_request {
	__u64 issued_ns;
	__u32 device;
	__u32 operation;
} SWIFT_NAME(BlockRequest);

struct block_config {
	__u32 slots;	   /* of each lane */
	__u32 flush_seq;   /* the bit RQF_FLUSH_SEQ of rq_flags: a step of a write that asks for flushes */
	__u32 io_stat;	   /* the bit RQF_IO_STAT: the kernel keeps statistics of the request */
	__u32 stats;	   /* the bit RQF_STATS: it keeps when it was issued; 0: not to be used */
	__u32 queue_stats; /* the bit QUEUE_FLAG_STATS of queue_flags: it does so for all requests that it issues */
	__u8 lane_shift;   /* CPUs with the same number but these bits share a lane */
	__u8 unused[3];
} SWIFT_NAME(BlockConfig);
