/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What net.bpf.c keeps: a device_traffic per device and lane of CPUs, and one net_cpu per CPU. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

/* The 16 bytes of a name, all 0 after its end. */
struct device_name {
	__u64 start;
	__u64 rest;
} SWIFT_NAME(DeviceName);

/* Slots that several devices share: those there is no room for, and those of other network namespaces than the host's.
 */
#define DEVICE_CROWD_SLOT      0
#define DEVICE_NAMESPACES_SLOT 1
#define DEVICE_SHARED_SLOTS    2

/* 2^-20 to 2^1 s, and above. */
#define DEVICE_FIRST_SLOT 10
#define DEVICE_TIME_SLOTS 23

struct device_times {
	__u64 slots[DEVICE_TIME_SLOTS]; /* those of struct histogram from DEVICE_FIRST_SLOT on; the ends take the rest
					 */
	__u64 sum;			/* ns */
} SWIFT_NAME(DeviceTimes);

struct device_traffic {
	__u64 received;
	__u64 received_bytes;
	__u64 offered; /* to the driver */
	__u64 offered_bytes;
	__u64 refused; /* of these, by the driver */
	__u64 refused_bytes;
	struct device_times queue;
	__u64 padding[2];
} SWIFT_NAME(DeviceTraffic);

#define DROP_REASONS	192
#define DROP_SUBSYSTEMS 16
#define QUEUE_REASONS	32 /* of queueing disciplines */

/* Of a lane of CPUs. */
struct drop_counts {
	__u64 drops[DROP_REASONS];	  /* by the number of the reason */
	__u64 foreign[DROP_SUBSYSTEMS];	  /* by the subsystem that has reasons of its own; 0: beyond all these */
	__u64 unspecified;		  /* where the kernel gives no reason */
	__u64 queue_drops[QUEUE_REASONS]; /* by the number of their reason within their subsystem */
	__u64 padding[7];
} SWIFT_NAME(DropCounts);

struct net_cpu {
	/* the packet queued last, while it may still go to the driver at once; 0: none */
	__u64 queued_packet;
	__u64 queued_device;
	__u64 queued_at;
	__u64 lost; /* stamps there was no room for */
	/* the packet that a queueing discipline is about to drop, and why */
	__u64 refused_packet;
	__u64 refused_reason;
	__u64 padding[2];
} SWIFT_NAME(NetPerCPU);

/* A packet that waits in a queueing discipline, known by its address and device. */
struct queued_key {
	__u64 packet;
	__u64 device;
} SWIFT_NAME(QueuedKey);

struct queued_stamp {
	__u64 at;
	__u64 length;
} SWIFT_NAME(QueuedStamp);

struct net_config {
	__u32 slots;	      /* of each lane */
	__u8 lane_shift;      /* CPUs with the same number but these bits share a lane */
	__u8 drop_shift;      /* the same for drops */
	__u8 stamps_at_queue; /* the kernel does not say when a packet is put into a queueing discipline */
	__u8 all_namespaces;  /* devices of other network namespaces have series, too */
} SWIFT_NAME(NetConfig);
