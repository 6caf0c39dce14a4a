// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Time in interrupt handlers and idle states. What ran between two switches is sched.bpf.c's to say; user space takes
 * the interrupts out of it. No kernel type is read, so the same raw_tp programs serve kernels with and without BTF.
 */
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

PER_CPU_ARRAY(interrupt_cpus, interrupt_cpu)

/* Which of the two sums the interrupted time belongs to: 1 where the CPU idled. */
static __always_inline u32 interrupted_idle(void)
{
	return (u32)bpf_get_current_pid_tgid() == 0;
}

SEC("raw_tp/irq_handler_entry")
int irq_handler_entry(void *context)
{
	struct interrupt_cpu *c = this_cpu();

	if (c)
		c->hardirq_start = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/irq_handler_exit")
int irq_handler_exit(void *context)
{
	struct interrupt_cpu *c = this_cpu();

	if (!c || !c->hardirq_start)
		return 0;
	c->hardirq_ns[interrupted_idle()] += bpf_ktime_get_ns() - c->hardirq_start;
	c->hardirq_start = 0;
	return 0;
}

SEC("raw_tp/softirq_entry")
int softirq_entry(void *context)
{
	struct interrupt_cpu *c = this_cpu();

	if (!c)
		return 0;
	c->softirq_hardirq = c->hardirq_ns[0] + c->hardirq_ns[1];
	c->softirq_start = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/softirq_exit")
int softirq_exit(void *context)
{
	struct interrupt_cpu *c = this_cpu();
	u64 elapsed, hardirq;

	if (!c || !c->softirq_start)
		return 0;
	elapsed = bpf_ktime_get_ns() - c->softirq_start;
	/* device interrupts that came in between are counted as such */
	hardirq = c->hardirq_ns[0] + c->hardirq_ns[1] - c->softirq_hardirq;
	if (elapsed > hardirq)
		c->softirq_ns[interrupted_idle()] += elapsed - hardirq;
	c->softirq_start = 0;
	return 0;
}

SEC("raw_tp/cpu_idle")
int cpu_idle(struct raw_tracepoint *context)
{
	struct interrupt_cpu *c = this_cpu();
	u32 state = context->args[0], last;
	u64 now, since;

	if (!c)
		return 0;
	now = bpf_ktime_get_ns();
	since = c->idle_since;
	last = c->idle_state;
	c->idle_since = 0;
	if (since && last < IDLE_STATES)
		c->idle_ns[last] += now - since;
	/* PWR_EVENT_EXIT is -1 */
	if (state < IDLE_STATES) {
		c->idle_entries[state]++;
		c->idle_state = state;
		barrier();
		c->idle_since = now;
	}
	return 0;
}
