// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory the kernel allocates for itself, and how much of it is outstanding by who allocated it.
 *
 * All maps are filled beforehand: these programs run inside the allocators and must not call them. An interrupt may
 * come between any two instructions, hence atomic additions.
 */
#include "percpu.h"
#include <asm-generic/errno-base.h>

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Nothing is at or below it: ZERO_SIZE_PTR. */
#define HIGHEST_NO_POINTER 16

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kmem_cache {
	unsigned int size;
};

struct page;

#pragma clang attribute pop

/* 11e9734bcb6a and 2c1d697fb8ba (6.1): this tracepoint went, and those of caches name the cache instead of its size. */
typedef void (*btf_trace_kmalloc_node)(void);

const volatile struct kmem_config config = {};

PER_CPU_ARRAY(kmem_cpus, kmem_cpu)

/* By address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct kmem_allocation);
} kmem_allocations SEC(".maps");

/* By the address that called the allocator. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct kmem_site);
} kmem_sites SEC(".maps");

static __always_inline struct kmem_site *find_site(u64 address)
{
	struct kmem_site *site = bpf_map_lookup_elem(&kmem_sites, &address);
	struct kmem_site fresh = {};
	u64 other = 0;

	if (site)
		return site;
	/* on every CPU: another may have made it just now */
	bpf_map_update_elem(&kmem_sites, &address, &fresh, BPF_NOEXIST);
	site = bpf_map_lookup_elem(&kmem_sites, &address);
	return site ? site : bpf_map_lookup_elem(&kmem_sites, &other);
}

/* Makes `site` the one that answers for the allocation, and returns false where it has none. */
static __always_inline void bill(u64 address, u64 bytes, u64 allocations)
{
	struct kmem_site *site = find_site(address);

	if (!site)
		return;
	atomic_add(&site->bytes, bytes);
	atomic_add(&site->allocations, allocations);
}

static __always_inline void unbill(struct kmem_allocation *allocation)
{
	bill(allocation->site, -allocation->bytes, -1);
}

static __always_inline int allocated(u32 allocator, u64 site, u64 pointer, u64 bytes)
{
	struct kmem_allocation allocation = {.site = site, .bytes = bytes}, *old;
	struct kmem_cpu *c = this_cpu();
	long error;

	if (!c || pointer <= HIGHEST_NO_POINTER)
		return 0;
	atomic_add(&c->allocations[allocator], 1);
	atomic_add(&c->allocated_bytes[allocator], bytes);

	error = bpf_map_update_elem(&kmem_allocations, &pointer, &allocation, BPF_NOEXIST);
	if (error == -EEXIST) {
		/* freed without an event, in bulk or while this CPU was busy here */
		old = bpf_map_lookup_elem(&kmem_allocations, &pointer);
		if (old) {
			unbill(old);
			*old = allocation;
			error = 0;
		}
	}
	if (error)
		atomic_add(&c->lost, 1);
	else
		bill(site, bytes, 1);
	return 0;
}

/* Takes `pointer` off the bill of who allocated it; returns its size, 0 if that is not known. */
static __always_inline u64 forget(u64 pointer)
{
	struct kmem_allocation *found = bpf_map_lookup_elem(&kmem_allocations, &pointer);
	struct kmem_allocation allocation;

	if (!found)
		return 0;
	allocation = *found;
	if (bpf_map_delete_elem(&kmem_allocations, &pointer))
		return 0;
	unbill(&allocation);
	return allocation.bytes;
}

static __always_inline int freed(u32 allocator, u64 pointer)
{
	struct kmem_cpu *c = this_cpu();

	if (!c || pointer <= HIGHEST_NO_POINTER)
		return 0;
	atomic_add(&c->frees[allocator], 1);
	atomic_add(&c->freed_bytes[allocator], forget(pointer));
	return 0;
}

SEC("tp_btf/kmalloc")
int kmalloc(u64 *context)
{
	return allocated(KMEM_KMALLOC, context[0], context[1], context[3]);
}

/* Before 6.1. */
SEC("tp_btf/kmalloc_node")
int kmalloc_node(u64 *context)
{
	return allocated(KMEM_KMALLOC, context[0], context[1], context[3]);
}

SEC("tp_btf/kmem_cache_alloc")
int kmem_cache_alloc(u64 *context)
{
	u64 bytes;

	if (bpf_core_type_exists(btf_trace_kmalloc_node))
		bytes = context[3];
	else
		bytes = ((struct kmem_cache *)context[2])->size;
	return allocated(KMEM_SLAB, context[0], context[1], bytes);
}

/* Before 6.1. */
SEC("tp_btf/kmem_cache_alloc_node")
int kmem_cache_alloc_node(u64 *context)
{
	return allocated(KMEM_SLAB, context[0], context[1], context[3]);
}

SEC("tp_btf/kfree")
int kfree(u64 *context)
{
	return freed(KMEM_KMALLOC, context[1]);
}

SEC("tp_btf/kmem_cache_free")
int kmem_cache_free(u64 *context)
{
	return freed(KMEM_SLAB, context[1]);
}

/* What kfree_rcu() frees in bulk comes by no kfree(). */
#define BULK 512

SEC("tp_btf/rcu_invoke_kfree_bulk_callback")
int rcu_invoke_kfree_bulk_callback(u64 *context)
{
	struct kmem_cpu *c = this_cpu();
	u64 count = (u32)context[1], *pointers = (u64 *)context[2], pointer;

	if (!c)
		return 0;
	for (u64 i = 0; i < BULK && i < count; i++) {
		if (bpf_probe_read_kernel(&pointer, sizeof(pointer), pointers + i))
			break;
		freed(KMEM_KMALLOC, pointer);
	}
	return 0;
}

SEC("tp_btf/mm_page_alloc")
int mm_page_alloc(u64 *context)
{
	struct kmem_cpu *c = this_cpu();
	u32 order = context[1];

	if (!c || !context[0])
		return 0;
	atomic_add(&c->allocations[KMEM_PAGE], 1);
	atomic_add(&c->allocated_bytes[KMEM_PAGE], 1ULL << (config.page_shift + order));
	return 0;
}

SEC("tp_btf/mm_page_free")
int mm_page_free(u64 *context)
{
	struct kmem_cpu *c = this_cpu();
	u32 order = context[1];

	if (!c)
		return 0;
	atomic_add(&c->frees[KMEM_PAGE], 1);
	atomic_add(&c->freed_bytes[KMEM_PAGE], 1ULL << (config.page_shift + order));
	return 0;
}
