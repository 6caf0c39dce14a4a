// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Packets as they pass between the stack and the drivers, the time they wait to be sent, and those that are dropped.
 *
 * Most packets go from net_dev_queue to the driver at once, on the same CPU and with softirqs off: one stamp per CPU
 * serves them. Only those that are put into a queueing discipline need one of their own.
 */
#include "ancestor.h"
#include "histogram.h"
#include "percpu.h"
#include "socket.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct net_config config = {};

PER_CPU_ARRAY(net_cpus, net_cpu)

/* Element `lane * slots + slot`. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct device_traffic);
} network_traffic SEC(".maps");

/* By lane. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct drop_counts);
} network_drops SEC(".maps");

/* Slots without an owner: filled by user space, taken by the first packet of a device. */
struct {
	__uint(type, BPF_MAP_TYPE_QUEUE);
	__uint(max_entries, 1);
	__type(value, u32);
} network_free_slots SEC(".maps");

/* The slots of the host's devices. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct device_name);
	__type(value, u32);
} network_devices SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, struct queued_key);
	__type(value, struct queued_stamp);
} queued_packets SEC(".maps");

/* The network namespace that the kernel began with; 0: not found. */
u64 host_network;

/* The bytes before the first 0, in little endian. */
static __always_inline u64 text_mask(u64 word)
{
	u64 zeros = (word - 0x0101010101010101) & ~word & 0x8080808080808080;

	return ((zeros & -zeros) >> 7) - 1;
}

/* A renamed device has the rest of its old name behind the new one. */
static __always_inline struct device_name name_of(const struct net_device *device)
{
	const u64 *words = (const void *)&device->name;
	u64 mask = text_mask(words[0]);
	struct device_name name = {.start = words[0] & mask};

	if (mask == ~0ULL)
		name.rest = words[1] & text_mask(words[1]);
	return name;
}

/* Every container has an eth0 and a lo: they are not those of the host, which their packets pass as well. */
static __always_inline bool is_of_host(const struct net_device *device)
{
	if (config.all_namespaces || !bpf_core_field_exists(device->nd_net.net))
		return true;
	return !host_network || (u64)device->nd_net.net == host_network;
}

static __always_inline u32 enlist(const struct device_name *name)
{
	u32 fresh, *other;

	if (bpf_map_pop_elem(&network_free_slots, &fresh))
		fresh = DEVICE_CROWD_SLOT;
	if (!bpf_map_update_elem(&network_devices, name, &fresh, BPF_NOEXIST))
		return fresh;
	/* another CPU was quicker, or there is no room for more names */
	if (fresh != DEVICE_CROWD_SLOT)
		bpf_map_push_elem(&network_free_slots, &fresh, 0);
	other = bpf_map_lookup_elem(&network_devices, name);
	return other ? *other : DEVICE_CROWD_SLOT;
}

static __always_inline struct device_traffic *traffic_of(const struct net_device *device)
{
	u32 index = DEVICE_NAMESPACES_SLOT, *slot;
	struct device_name name;

	if (is_of_host(device)) {
		name = name_of(device);
		slot = bpf_map_lookup_elem(&network_devices, &name);
		index = slot ? *slot : enlist(&name);
	}
	index += (bpf_get_smp_processor_id() >> config.lane_shift) * config.slots;
	return bpf_map_lookup_elem(&network_traffic, &index);
}

/* Adds to a counter that one CPU, or several, write from one program alone. */
#define add(counter, value) add_shared(counter, value, config.lane_shift)

static __always_inline bool is_loopback(const struct net_device *device)
{
	return device->type == ARPHRD_LOOPBACK;
}

#define TCQ_F_MQROOT 8 /* one of several queues, each with a discipline of its own */

/* A discipline that keeps packets, as opposed to noqueue. */
static __always_inline bool has_queue(const struct net_device *device)
{
	return device->qdisc->enqueue || device->qdisc->flags & TCQ_F_MQROOT;
}

static __always_inline void keep_stamp(struct net_cpu *c, const struct sk_buff *packet, const struct net_device *device,
				       u64 at)
{
	struct queued_key key = {.packet = (u64)packet, .device = (u64)device};
	struct queued_stamp stamp = {.at = at, .length = packet->len};

	if (bpf_map_update_elem(&queued_packets, &key, &stamp, BPF_ANY))
		c->lost++;
}

SEC("tp_btf/netif_receive_skb")
int BPF_PROG(netif_receive_skb, struct sk_buff *packet)
{
	struct net_device *device = packet->dev;
	struct device_traffic *traffic;
	u64 length = packet->len;

	/* a multicast packet's copy for the sender's own machine was not received */
	if (BPF_CORE_READ_BITFIELD(packet, pkt_type) == PACKET_LOOPBACK)
		return 0;
	/* the header of the link layer has been taken off; loopback does not count it either */
	if (!is_loopback(device) && packet->mac_header != MAC_HEADER_UNSET)
		length += (u64)packet->data - (u64)packet->head - packet->mac_header;
	traffic = traffic_of(device);
	if (traffic) {
		add(&traffic->received, 1);
		add(&traffic->received_bytes, length);
	}
	return 0;
}

SEC("tp_btf/net_dev_queue")
int BPF_PROG(net_dev_queue, struct sk_buff *packet)
{
	struct net_device *device = packet->dev;
	struct net_cpu *c = this_cpu();
	u64 now;

	/* what cannot wait needs no stamp */
	if (!c || !has_queue(device))
		return 0;
	now = bpf_ktime_get_ns();
	if (config.stamps_at_queue) {
		keep_stamp(c, packet, device, now);
		return 0;
	}
	c->queued_packet = (u64)packet;
	c->queued_device = (u64)device;
	c->queued_at = now;
	return 0;
}

/* After the packet was put in. Another CPU may have queued it and left the rest to this one (6.19). */
SEC("tp_btf/qdisc_enqueue")
int BPF_PROG(qdisc_enqueue, struct Qdisc *discipline, const struct netdev_queue *queue, struct sk_buff *packet)
{
	struct net_device *device = queue->dev;
	struct net_cpu *c = this_cpu();

	if (!c)
		return 0;
	if (c->queued_packet == (u64)packet && c->queued_device == (u64)device) {
		c->queued_packet = 0;
		keep_stamp(c, packet, device, c->queued_at);
	} else {
		keep_stamp(c, packet, device, bpf_ktime_get_ns());
	}
	return 0;
}

/* When the packet was queued for this device; 0: not known. Each stamp serves once, whatever the driver does then. */
static __always_inline u64 take_stamp(struct net_cpu *c, const struct sk_buff *packet, const struct net_device *device)
{
	struct queued_key key = {.packet = (u64)packet, .device = (u64)device};
	struct queued_stamp *stamp;
	u64 at;

	if (c->queued_packet == key.packet && c->queued_device == key.device) {
		c->queued_packet = 0;
		return c->queued_at;
	}
	stamp = bpf_map_lookup_elem(&queued_packets, &key);
	if (!stamp)
		return 0;
	/* a packet cut into segments leaves its stamp behind, and a segment its address: those are shorter */
	at = packet->len >= stamp->length ? stamp->at : 0;
	bpf_map_delete_elem(&queued_packets, &key);
	return at;
}

SEC("tp_btf/net_dev_start_xmit")
int BPF_PROG(net_dev_start_xmit, const struct sk_buff *packet, const struct net_device *device)
{
	struct device_traffic *traffic = traffic_of(device);
	struct net_cpu *c = this_cpu();
	u64 at, waited = 0;

	if (!c || !traffic)
		return 0;
	add(&traffic->offered, 1);
	add(&traffic->offered_bytes, packet->len - (is_loopback(device) ? ETHERNET_HEADER : 0));
	if (has_queue(device)) {
		at = take_stamp(c, packet, device);
		if (!at)
			return 0;
		waited = elapsed_since(at);
	}
	histogram_count(traffic, queue, DEVICE_FIRST_SLOT, DEVICE_TIME_SLOTS, waited, add);
	return 0;
}

SEC("tp_btf/net_dev_xmit")
int BPF_PROG(net_dev_xmit, struct sk_buff *packet, int result, struct net_device *device, unsigned int length)
{
	struct device_traffic *traffic;

	if (result == NETDEV_TX_OK || result == NET_XMIT_CN)
		return 0;
	traffic = traffic_of(device);
	if (traffic) {
		add(&traffic->refused, 1);
		add(&traffic->refused_bytes, length - (is_loopback(device) ? ETHERNET_HEADER : 0));
	}
	return 0;
}

/*
 * Just before the packet is freed with a reason that stands for all of these (7.1): the packets are the same, so each
 * is counted as it is freed, and here it is only kept what it will be counted as.
 */
SEC("tp_btf/qdisc_drop")
int BPF_PROG(qdisc_drop, struct Qdisc *discipline, const struct netdev_queue *queue, struct net_device *device,
	     struct sk_buff *packet, unsigned int reason)
{
	struct net_cpu *c = this_cpu();

	if (!c)
		return 0;
	c->refused_packet = (u64)packet;
	c->refused_reason = reason & 0xffff;
	return 0;
}

/* The same of drops, whose lanes are others. */
#define count(counter) add_shared(counter, 1, config.drop_shift)

static __always_inline void count_drop(struct drop_counts *counts, u64 reason)
{
	u64 subsystem = reason >> 16;

	if (reason < DROP_REASONS)
		count(&counts->drops[reason]);
	else if (subsystem < DROP_SUBSYSTEMS)
		count(&counts->foreign[subsystem]);
	else
		count(&counts->foreign[0]);
}

static __always_inline bool is_no_drop(u64 reason)
{
	/* c504e5c2f964 ("net: skb: introduce kfree_skb_reason()", 5.17) had neither */
	if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_NOT_DROPPED_YET) &&
	    reason == bpf_core_enum_value(enum skb_drop_reason, SKB_NOT_DROPPED_YET))
		return true;
	return bpf_core_enum_value_exists(enum skb_drop_reason, SKB_CONSUMED) &&
	       reason == bpf_core_enum_value(enum skb_drop_reason, SKB_CONSUMED);
}

/* Takes the context itself: an argument that the kernel does not have may not even be read in passing. */
SEC("tp_btf/kfree_skb")
int kfree_skb(u64 *context)
{
	struct sk_buff *packet = (void *)context[0];
	struct queued_key key = {.packet = (u64)packet, .device = (u64)packet->dev};
	u32 lane = bpf_get_smp_processor_id() >> config.drop_shift;
	struct drop_counts *counts = bpf_map_lookup_elem(&network_drops, &lane);
	struct net_cpu *c = this_cpu();

	if (!c || !counts)
		return 0;
	if (c->queued_packet == key.packet)
		c->queued_packet = 0;
	if (bpf_map_lookup_elem(&queued_packets, &key))
		bpf_map_delete_elem(&queued_packets, &key);

	if (bpf_core_enum_value_exists(enum skb_drop_reason, SKB_DROP_REASON_NOT_SPECIFIED)) {
		u64 reason = (u32)context[2], refused = c->refused_packet;

		c->refused_packet = 0;
		if (refused == key.packet && c->refused_reason < QUEUE_REASONS)
			count(&counts->queue_drops[c->refused_reason]);
		else if (!is_no_drop(reason))
			count_drop(counts, reason);
	} else {
		count(&counts->unspecified);
	}
	return 0;
}

/* Run once by user space before it attaches the others. */
SEC("raw_tp")
int find_host(void *context)
{
	host_network = network_of_host();
	return 0;
}
