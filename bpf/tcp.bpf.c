// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * TCP connections as they come and go, segments sent again, resets: rare events of any context.
 */
#include <linux/errno.h>
#include "histogram.h"
#include "percpu.h"
#include "socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

LANE_ARRAY(tcp_cpus, tcp_cpu)

/* When connect() began, by socket: an entry goes as the socket leaves SYN_SENT. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, u64);
} tcp_connects SEC(".maps");

/* By the addresses in use: an IPv6 socket that talks to an IPv4 one counts as that. */
static __always_inline u64 family_of(const struct sock *sock)
{
	const struct in6_addr *peer = &sock->__sk_common.skc_v6_daddr;

	if (sock->__sk_common.skc_family != AF_INET6)
		return TCP_IPV4;
	/* absent where the kernel is built without IPv6 */
	if (bpf_core_field_exists(sock->__sk_common.skc_v6_daddr) && peer->in6_u.u6_addr32[0] == 0 &&
	    peer->in6_u.u6_addr32[1] == 0 && peer->in6_u.u6_addr32[2] == bpf_htonl(0xffff))
		return TCP_IPV4;
	return TCP_IPV6;
}

static __always_inline void end_connect(struct tcp_cpu *c, u64 family, u64 key, u64 result)
{
	u64 *started = bpf_map_lookup_elem(&tcp_connects, &key);

	if (started) {
		if (result == TCP_CONNECTED)
			histogram_add_in_lane(c, connects[family], elapsed_since(*started));
		bpf_map_delete_elem(&tcp_connects, &key);
	}
	add_in_lane(&c->connections[family][result], 1);
}

/* The smoothed round-trip time, in eighths of a microsecond; 0: there was no sample. */
static __always_inline void add_rtt(struct tcp_cpu *c, u64 family, const struct sock *sock)
{
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sock);
	u64 eighths = tcp ? tcp->srtt_us : 0;

	if (eighths)
		histogram_add_in_lane(c, rtt[family], eighths * 125);
}

SEC("tp_btf/inet_sock_set_state")
int BPF_PROG(inet_sock_set_state, const struct sock *sock, int from, int to)
{
	u64 key = (u64)sock, now, family;
	struct tcp_cpu *c;

	if (sock->sk_protocol != IPPROTO_TCP)
		return 0;
	if (from != TCP_SYN_SENT && to != TCP_SYN_SENT && from != TCP_SYN_RECV && to != TCP_CLOSE)
		return 0;
	c = this_lane();
	if (!c)
		return 0;
	family = family_of(sock);
	if (to == TCP_SYN_SENT) {
		now = bpf_ktime_get_ns();
		if (bpf_map_update_elem(&tcp_connects, &key, &now, BPF_ANY))
			add_in_lane(&c->lost, 1);
	} else if (from == TCP_SYN_SENT) {
		/* to SYN_RECV where both ends began at once: that goes on */
		if (to == TCP_ESTABLISHED)
			end_connect(c, family, key, TCP_CONNECTED);
		else if (to == TCP_CLOSE)
			end_connect(c, family, key, TCP_FAILED);
	} else if (from == TCP_SYN_RECV && bpf_map_lookup_elem(&tcp_connects, &key)) {
		end_connect(c, family, key, to == TCP_ESTABLISHED ? TCP_CONNECTED : TCP_FAILED);
	} else if (from == TCP_SYN_RECV && to == TCP_ESTABLISHED) {
		add_in_lane(&c->connections[family][TCP_ACCEPTED], 1);
	}
	if (to == TCP_CLOSE && from != TCP_CLOSE)
		add_rtt(c, family, sock);
	return 0;
}

static __always_inline void count_retransmit(u32 kind, u64 segments)
{
	struct tcp_cpu *c = this_lane();

	if (c)
		add_in_lane(&c->retransmits[kind], segments);
}

/* Since 6.17 it tells of every attempt, and why one failed; before that, of those that did not. */
typedef void (*btf_trace_tcp_retransmit_skb___with_error)(void *, const struct sock *, const struct sk_buff *, int);
#define HAS_ERROR bpf_core_type_matches(btf_trace_tcp_retransmit_skb___with_error)

/*
 * What __tcp_retransmit_skb() gives up with before it counts the segments as sent again (RetransSegs). Those that it
 * has handed on are sent again, even if a full queue of this machine drops them.
 */
static __always_inline bool gave_up(int error)
{
	return error == -EBUSY || error == -EAGAIN || error == -ENOMEM || error == -EHOSTUNREACH || error == -EINVAL;
}

/* Takes the context itself: an argument that the kernel does not have may not even be read in passing. */
SEC("tp_btf/tcp_retransmit_skb")
int tcp_retransmit_skb(u64 *context)
{
	const struct sock *sock = (void *)context[0];
	const struct sk_buff *packet = (void *)context[1];
	const void *control = packet->cb;
	u64 segments = *(const u16 *)(control + bpf_core_field_offset(struct tcp_skb_cb, tcp_gso_segs));
	struct tcp_sock *tcp = bpf_skc_to_tcp_sock((void *)sock);
	u32 congestion;

	if (HAS_ERROR && gave_up((int)context[2]))
		return 0;
	if (sock->__sk_common.skc_state == TCP_SYN_SENT) {
		count_retransmit(RETRANSMIT_SYN, segments);
		return 0;
	}
	congestion = tcp ? BPF_CORE_READ_BITFIELD(&tcp->inet_conn, icsk_ca_state) : 0;
	if (congestion == TCP_CA_Loss)
		count_retransmit(RETRANSMIT_TIMEOUT, segments);
	else if (congestion == TCP_CA_Recovery)
		count_retransmit(RETRANSMIT_FAST, segments);
	else
		count_retransmit(RETRANSMIT_PROBE, segments);
	return 0;
}

SEC("tp_btf/tcp_retransmit_synack")
int tcp_retransmit_synack(void *context)
{
	count_retransmit(RETRANSMIT_SYNACK, 1);
	return 0;
}

static __always_inline int count_reset(u32 direction)
{
	struct tcp_cpu *c = this_lane();

	if (c)
		add_in_lane(&c->resets[direction], 1);
	return 0;
}

SEC("tp_btf/tcp_send_reset")
int tcp_send_reset(void *context)
{
	return count_reset(TCP_SENT);
}

SEC("tp_btf/tcp_receive_reset")
int tcp_receive_reset(void *context)
{
	return count_reset(TCP_RECEIVED);
}
