// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Signals as they are sent, and victims of the OOM killer. Only numbers are read, so the same raw_tp programs serve
 * kernels with and without BTF.
 */
#include "kernel.h"
#include "layouts.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(map_flags, BPF_F_MMAPABLE);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct signals_cpu);
} signals_cpus SEC(".maps");

struct raw_tracepoint {
	u64 args[1];
};

static __always_inline struct signals_cpu *this_cpu(void)
{
	u32 cpu = bpf_get_smp_processor_id();

	return bpf_map_lookup_elem(&signals_cpus, &cpu);
}

SEC("raw_tp/signal_generate")
int signal_generate(struct raw_tracepoint *context)
{
	struct signals_cpu *c = this_cpu();
	/* 64 bits wide: the verifiers of 5.10 and 6.1 lose the bound of a narrower one */
	u64 signal = (u32)context->args[0];

	if (c && signal < SIGNALS)
		atomic_add(&c->sent[signal], 1);
	return 0;
}

SEC("raw_tp/mark_victim")
int mark_victim(void *context)
{
	struct signals_cpu *c = this_cpu();

	if (c)
		atomic_add(&c->oom_kills, 1);
	return 0;
}
