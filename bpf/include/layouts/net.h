/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What net.bpf.c keeps: a device_traffic per device and CPU, and one net_cpu per CPU. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

/*
 * The 16 bytes of a name, all 0 after its end. No name at all: the devices there is no room for. The rest of a name
 * without a start: those of other network namespaces than the host's.
 */
struct device_name {
	__u64 start;
	__u64 rest;
} SWIFT_NAME(DeviceName);

#define OTHER_NAMESPACES 1

struct device_traffic {
	__u64 received;
	__u64 received_bytes;
	__u64 offered; /* to the driver */
	__u64 offered_bytes;
	__u64 refused; /* of these, by the driver */
	__u64 refused_bytes;
	struct histogram queue;
} SWIFT_NAME(DeviceTraffic);

#define DROP_REASONS	192
#define DROP_SUBSYSTEMS 16
#define QUEUE_REASONS	32 /* of queueing disciplines */

struct net_cpu {
	/* the packet queued last, while it may still go to the driver at once; 0: none */
	__u64 queued_packet;
	__u64 queued_device;
	__u64 queued_at;
	__u64 lost;			/* stamps there was no room for */
	__u64 drops[DROP_REASONS];	/* by the number of the reason */
	__u64 foreign[DROP_SUBSYSTEMS]; /* by the subsystem that has reasons of its own; 0: beyond all these */
	__u64 unspecified;		/* where the kernel gives no reason */
	/* the packet that a queueing discipline is about to drop, and why */
	__u64 refused_packet;
	__u64 refused_reason;
	__u64 queue_drops[QUEUE_REASONS]; /* by the number of their reason within their subsystem */
	__u64 padding[1];
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
	__u8 stamps_at_queue; /* the kernel does not say when a packet is put into a queueing discipline */
	__u8 all_namespaces;  /* devices of other network namespaces have series, too */
} SWIFT_NAME(NetConfig);
