/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What tcp.bpf.c keeps: one tcp_cpu per CPU. */
#pragma once
#include "histogram.h"
#include "../swift_name.h"

enum tcp_family { TCP_IPV4, TCP_IPV6, TCP_FAMILIES };
enum tcp_result { TCP_CONNECTED, TCP_FAILED, TCP_ACCEPTED, TCP_RESULTS };
enum tcp_retransmit {
	RETRANSMIT_SYN,
	RETRANSMIT_SYNACK,
	RETRANSMIT_TIMEOUT,
	RETRANSMIT_FAST,
	RETRANSMIT_PROBE,
	RETRANSMITS
};
enum tcp_direction { TCP_SENT, TCP_RECEIVED, TCP_DIRECTIONS };

struct tcp_cpu {
	__u64 connections[TCP_FAMILIES][TCP_RESULTS];
	__u64 retransmits[RETRANSMITS];
	__u64 resets[TCP_DIRECTIONS];
	__u64 lost; /* stamps there was no room for */
	__u64 padding[6];
	struct histogram connects[TCP_FAMILIES];
	struct histogram rtt[TCP_FAMILIES];
} SWIFT_NAME(TCPPerCPU);
