// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Signals as they are sent. Only a number is read, so the same raw_tp program serves kernels with and without BTF.
 */
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

PER_CPU_ARRAY(signals_cpus, signals_cpu)

SEC("raw_tp/signal_generate")
int signal_generate(struct raw_tracepoint *context)
{
	struct signals_cpu *c = this_cpu();
	/* 64 bits wide: the verifiers of 5.10 and 6.1 lose the bound of a narrower one */
	u64 signal = (u32)context->args[0];

	if (c && signal < SIGNALS)
		add_alone(&c->sent[signal], 1);
	return 0;
}
