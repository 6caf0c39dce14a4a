/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The kernel's types of the network that net and tcp read. */
#pragma once
#include "kernel.h"
#include <bpf/bpf_endian.h>

#define ARPHRD_LOOPBACK	 772
#define ETHERNET_HEADER	 14
#define MAC_HEADER_UNSET 0xffff
#define PACKET_LOOPBACK	 5
#define NETDEV_TX_OK	 0
#define NET_XMIT_CN	 2 /* congestion; the packet was taken */

#define AF_INET6	10
#define IPPROTO_TCP	6
#define TCP_ESTABLISHED 1
#define TCP_SYN_SENT	2
#define TCP_SYN_RECV	3
#define TCP_CLOSE	7
#define TCP_CA_Recovery 3
#define TCP_CA_Loss	4

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct Qdisc {
	void *enqueue;
	unsigned int flags;
};

struct net;

/* Without the member where the kernel is built without network namespaces. */
typedef struct {
	struct net *net;
} possible_net_t;

struct net_device {
	char name[16];
	unsigned short type;
	struct Qdisc *qdisc;
	possible_net_t nd_net;
};

struct netdev_queue {
	struct net_device *dev;
};

struct sk_buff {
	struct net_device *dev;
	char cb[48];
	unsigned int len;
	u8 pkt_type : 3;
	u16 mac_header;
	unsigned char *head;
	unsigned char *data;
};

/* What TCP keeps in sk_buff.cb. */
struct tcp_skb_cb {
	u16 tcp_gso_segs;
};

struct in6_addr {
	union {
		u32 u6_addr32[4];
	} in6_u;
};

struct sock_common {
	unsigned short skc_family;
	volatile unsigned char skc_state;
	struct in6_addr skc_v6_daddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_protocol;
};

struct inet_connection_sock {
	u8 icsk_ca_state : 5;
};

struct tcp_sock {
	struct inet_connection_sock inet_conn;
	u32 srtt_us;
};

#pragma clang attribute pop

/* Values by name; the numbers are the running kernel's. */
enum skb_drop_reason { SKB_NOT_DROPPED_YET, SKB_CONSUMED, SKB_DROP_REASON_NOT_SPECIFIED };
