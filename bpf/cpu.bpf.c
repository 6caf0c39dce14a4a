// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Time in idle states. What ran between two switches is sched.bpf.c's to say and the time in interrupts irq.bpf.c's:
 * user space puts them together. No kernel type is read, so the same raw_tp program serves kernels with and without
 * BTF.
 */
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

PER_CPU_ARRAY(idle_cpus, idle_cpu)

SEC("raw_tp/cpu_idle")
int cpu_idle(struct raw_tracepoint *context)
{
	struct idle_cpu *c = this_cpu();
	u32 state = context->args[0], last;
	u64 now, since;

	if (!c)
		return 0;
	now = bpf_ktime_get_ns();
	since = c->idle_since;
	last = c->idle_state;
	c->idle_since = 0;
	if (since && last < IDLE_STATES)
		c->idle_ns[last] += elapsed(since, now);
	/* PWR_EVENT_EXIT is -1 */
	if (state < IDLE_STATES) {
		c->idle_entries[state]++;
		c->idle_state = state;
		barrier();
		c->idle_since = now;
	}
	return 0;
}
