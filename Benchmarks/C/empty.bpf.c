// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * A program that does nothing at every hook wattprobe uses: what the kernel itself takes to run one. The kernel runs
 * tp_btf programs the way it runs raw_tp ones, so one kind is enough.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define EMPTY(hook)                                                                                                    \
	SEC("raw_tp/" #hook) int hook(void *context)                                                                   \
	{                                                                                                              \
		return 0;                                                                                              \
	}

EMPTY(sched_switch)
EMPTY(sched_wakeup)
EMPTY(sched_wakeup_new)
EMPTY(sched_migrate_task)
EMPTY(sched_process_fork)
EMPTY(sched_process_exec)
EMPTY(sched_process_exit)
EMPTY(sched_process_free)
EMPTY(sys_enter)
EMPTY(sys_exit)
EMPTY(irq_handler_entry)
EMPTY(irq_handler_exit)
EMPTY(softirq_entry)
EMPTY(softirq_exit)
EMPTY(softirq_raise)
EMPTY(cpuhp_enter)
EMPTY(cpu_idle)
EMPTY(contention_begin)
EMPTY(contention_end)
EMPTY(signal_generate)
EMPTY(block_bio_queue)
EMPTY(netif_receive_skb)
EMPTY(net_dev_queue)
EMPTY(qdisc_enqueue)
EMPTY(net_dev_start_xmit)
EMPTY(net_dev_xmit)
EMPTY(kfree_skb)
EMPTY(inet_sock_set_state)
EMPTY(tcp_retransmit_skb)
EMPTY(tcp_retransmit_synack)
EMPTY(tcp_send_reset)
EMPTY(tcp_receive_reset)
EMPTY(block_rq_issue)
EMPTY(block_rq_requeue)
EMPTY(block_rq_complete)
EMPTY(mm_filemap_get_pages)
EMPTY(mm_filemap_fault)
EMPTY(mm_filemap_map_pages)
EMPTY(mm_filemap_add_to_page_cache)
EMPTY(writeback_dirty_folio)
EMPTY(pelt_se_tp)
EMPTY(kmalloc)
EMPTY(kfree)
EMPTY(kmem_cache_alloc)
EMPTY(kmem_cache_free)
EMPTY(mm_page_alloc)
EMPTY(mm_page_free)
