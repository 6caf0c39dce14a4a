// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/* The twin of irq.bpf.c for kernels without BTF: each handler of a shared line counts as an interrupt. */
#include "irq.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

SEC("raw_tp/irq_handler_exit")
int irq_handler_exit(struct raw_tracepoint *context)
{
	return leave_handler(context->args[0], true);
}
