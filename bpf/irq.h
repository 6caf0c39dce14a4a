/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * Hardware and software interrupts: how long each took, how long a software interrupt waited, and the sums by which the
 * time of CPUs is told apart. Both objects do all this alike; they differ in whether a handler of a shared line can be
 * known for its last.
 */
#pragma once
#include "histogram.h"
#include "percpu.h"

const volatile struct irq_config config = {};

PER_CPU_ARRAY(interrupt_cpus, interrupt_cpu)

/* Which of a lane's histograms an interrupt has, by its number; 0, the shared one, until user space gives it another.
 */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, IRQ_NUMBERS);
	__type(key, u32);
	__type(value, u32);
} irq_slots SEC(".maps");

/* config.hardirq_slots of each lane of CPUs, one lane after the other. */
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct hardirq_counters);
} hardirqs SEC(".maps");

/* Which of two sums interrupted time belongs to: 1 where the CPU idled. */
static __always_inline u32 interrupted_idle(void)
{
	return config.cpu_time && (u32)bpf_get_current_pid_tgid() == 0;
}

/* Adds to what one CPU, or several, write from one program alone. */
#define add_in_irq_lane(counter, value) add_shared(counter, value, config.lane_shift)

static __always_inline void add_hardirq(u32 irq, u64 ns)
{
	u32 *slot = bpf_map_lookup_elem(&irq_slots, &irq);
	u32 lane = bpf_get_smp_processor_id() >> config.lane_shift;
	u32 index = lane * config.hardirq_slots + (slot ? *slot : 0);
	struct hardirq_counters *counters = bpf_map_lookup_elem(&hardirqs, &index);

	if (!counters)
		return;
	histogram_count(counters, times, HARDIRQ_FIRST_SLOT, HARDIRQ_TIME_SLOTS, ns, add_in_irq_lane);
}

/* To a histogram that only this CPU writes. */
#define add_softirq(c, member, count, ns) histogram_count(c, member, SOFTIRQ_FIRST_SLOT, count, ns, add_plainly)

/*
 * An interrupt may come within the handler of another: of a GPIO controller whose handler calls those of its pins, or
 * one that is never masked (arm64). It is never within itself: what is under way of the same number was left unseen.
 */
SEC("raw_tp/irq_handler_entry")
int irq_handler_entry(struct raw_tracepoint *context)
{
	struct interrupt_cpu *c = this_cpu();
	u64 irq = (u32)context->args[0], depth;
	struct hardirq_level *level;

	if (!c)
		return 0;
	for (depth = 0; depth < HARDIRQ_NESTING && depth < c->hardirq_depth; depth++)
		if (c->hardirqs[depth].irq == irq)
			break;
	/* as deep as this only where ends were missed */
	depth &= HARDIRQ_NESTING - 1;
	level = &c->hardirqs[depth];
	if (level->irq != irq)
		level->handled = 0;
	level->irq = irq;
	level->within = 0;
	c->hardirq_depth = depth + 1;
	level->start = bpf_ktime_get_ns();
	return 0;
}

/* Ends the innermost handler of `irq`: its time without that of interrupts within it. False where none is known. */
static __always_inline bool end_handler(struct interrupt_cpu *c, u64 irq, u64 *own, struct hardirq_level **ended)
{
	u64 depth = c->hardirq_depth, took;

	for (int i = HARDIRQ_NESTING - 1; i >= 0; i--) {
		struct hardirq_level *level = &c->hardirqs[i];

		if ((u64)i >= depth || level->irq != irq)
			continue;
		/* what lies above has ended unseen */
		c->hardirq_depth = i;
		took = elapsed_since(level->start);
		if (i > 0)
			c->hardirqs[i - 1].within += took;
		*own = not_negative(took - level->within);
		*ended = level;
		return true;
	}
	return false;
}

/* `is_last`: no other handler runs for this interrupt. */
static __always_inline int leave_handler(u32 irq, bool is_last)
{
	struct interrupt_cpu *c = this_cpu();
	struct hardirq_level *level;
	u64 took;

	if (!c || !end_handler(c, irq, &took, &level))
		return 0;
	c->hardirq_ns[interrupted_idle()] += took;
	if (!config.histograms)
		return 0;
	took += level->handled;
	level->handled = is_last ? 0 : took;
	if (is_last)
		add_hardirq(irq, took);
	return 0;
}

/*
 * The kernel raises with interrupts off, so nothing comes between. A vector that is pending keeps the stamp of its
 * first raise. Some paths set the pending bit without a word: such a run finds no stamp, since the run before it took
 * it.
 */
SEC("raw_tp/softirq_raise")
int softirq_raise(struct raw_tracepoint *context)
{
	struct interrupt_cpu *c = this_cpu();
	/* 64 bits wide: the verifiers of 5.10 and 6.1 lose the bound of a narrower one */
	u64 vector = (u32)context->args[0];

	if (c && vector < SOFTIRQS && !c->raised[vector])
		c->raised[vector] = bpf_ktime_get_ns();
	return 0;
}

SEC("raw_tp/softirq_entry")
int softirq_entry(struct raw_tracepoint *context)
{
	struct interrupt_cpu *c = this_cpu();
	u64 vector = (u32)context->args[0], now, raised;

	if (!c)
		return 0;
	now = bpf_ktime_get_ns();
	c->softirq_hardirq = c->hardirq_ns[0] + c->hardirq_ns[1];
	c->softirq_start = now;
	if (!config.histograms || vector >= SOFTIRQS)
		return 0;
	raised = c->raised[vector];
	/* an interrupt that raised it after the clock was read here has it run once more */
	if (raised && raised <= now) {
		c->raised[vector] = 0;
		raised = elapsed(raised, now);
		add_softirq(c, latencies[vector], SOFTIRQ_WAIT_SLOTS, raised);
	}
	return 0;
}

SEC("raw_tp/softirq_exit")
int softirq_exit(struct raw_tracepoint *context)
{
	struct interrupt_cpu *c = this_cpu();
	u64 vector = (u32)context->args[0], took, hardirq;

	if (!c || !c->softirq_start)
		return 0;
	took = elapsed_since(c->softirq_start);
	c->softirq_start = 0;
	/* device interrupts that came in between are counted as such */
	hardirq = c->hardirq_ns[0] + c->hardirq_ns[1] - c->softirq_hardirq;
	took = not_negative(took - hardirq);
	if (config.cpu_time)
		c->softirq_ns[interrupted_idle()] += took;
	if (config.histograms && vector < SOFTIRQS)
		add_softirq(c, durations[vector], SOFTIRQ_TIME_SLOTS, took);
	return 0;
}

/*
 * What this CPU was in the middle of is forgotten: a CPU that goes may leave raised vectors that nothing runs before it
 * comes back. User space runs this on every CPU before it attaches the others.
 */
SEC("raw_tp/cpuhp_enter")
int cpuhp_enter(void *context)
{
	struct interrupt_cpu *c = this_cpu();

	if (!c)
		return 0;
	c->hardirq_depth = 0;
	for (int depth = 0; depth < HARDIRQ_NESTING; depth++)
		c->hardirqs[depth].handled = 0;
	c->softirq_start = 0;
	for (int vector = 0; vector < SOFTIRQS; vector++)
		c->raised[vector] = 0;
	return 0;
}
