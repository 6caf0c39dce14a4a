// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* Interrupts, on kernels with BTF: the handlers that share a line are one interrupt, as in /proc/interrupts. */
#include "irq.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define IRQF_PERCPU 0x400

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct irqaction {
	struct irqaction *next;
	unsigned int flags;
};

#pragma clang attribute pop

SEC("tp_btf/irq_handler_exit")
int BPF_PROG(irq_handler_exit, int irq, struct irqaction *action)
{
	/* of the handlers of a per-CPU interrupt each is for other CPUs, and only one runs */
	return leave_handler(irq, !action->next || action->flags & IRQF_PERCPU);
}
