// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Memory the kernel allocates for itself, and how much of it is outstanding by who allocated it.
 *
 * All maps are filled beforehand: these programs run inside the allocators and must not call them. An interrupt may
 * come between any two instructions, hence atomic additions to what several of them write.
 */
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

/* Nothing is at or below it: ZERO_SIZE_PTR. */
#define HIGHEST_NO_POINTER 16

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct kmem_cache {
	unsigned int size;
};

/* 2c1d697fb8ba (6.1) gave kmem_cache_alloc an event of its own, which names the cache instead of its sizes. */
struct trace_event_raw_kmem_cache_alloc {
};

#pragma clang attribute pop

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
	bill(allocation->site, -(u64)allocation->bytes, -1);
}

static __always_inline int allocated(u32 allocator, u64 site, u64 pointer, u64 bytes)
{
	struct kmem_allocation allocation = {.site = site, .bytes = bytes, .allocator = allocator}, *old;
	struct kmem_cpu *c = this_cpu();

	if (!c || pointer <= HIGHEST_NO_POINTER)
		return 0;
	/* by one program: those of a node are gone where programs never nest */
	add_alone(&c->allocations[allocator], 1);
	add_alone(&c->allocated_bytes[allocator], bytes);

	old = bpf_map_lookup_elem(&kmem_allocations, &pointer);
	if (old) {
		if (old->site)
			/* freed without an event, in bulk or while this CPU was busy here */
			unbill(old);
		else
			atomic_add(&c->kept, -1);
		*old = allocation;
	} else if (bpf_map_update_elem(&kmem_allocations, &pointer, &allocation, BPF_NOEXIST)) {
		atomic_add(&c->lost, 1);
		return 0;
	}
	bill(site, bytes, 1);
	return 0;
}

/*
 * The allocators hand out the same addresses again and again, so the entry of what was freed may stay for the next to
 * be allocated there: to take it out and put another in costs more than all the rest.
 */
static __always_inline bool release(struct kmem_cpu *c, struct kmem_allocation *found, u64 pointer)
{
	if (c->kept < (__s64)config.kept) {
		found->site = 0;
		atomic_add(&c->kept, 1);
		return true;
	}
	return !bpf_map_delete_elem(&kmem_allocations, &pointer);
}

/* Takes it off the bill of who allocated it. kfree() takes what is of a slab cache, too: the allocator is that of old.
 */
static __always_inline int freed(u64 allocator, u64 pointer)
{
	struct kmem_allocation allocation, *found;
	struct kmem_cpu *c = this_cpu();
	u64 bytes = 0;

	if (!c || pointer <= HIGHEST_NO_POINTER)
		return 0;
	found = bpf_map_lookup_elem(&kmem_allocations, &pointer);
	if (found && found->site) {
		allocation = *found;
		if (release(c, found, pointer)) {
			unbill(&allocation);
			allocator = allocation.allocator;
			bytes = allocation.bytes;
		}
	}
	if (allocator >= KMEM_ALLOCATORS)
		return 0;
	atomic_add(&c->frees[allocator], 1);
	atomic_add(&c->freed_bytes[allocator], bytes);
	return 0;
}

SEC("raw_tp/kmalloc")
int kmalloc(struct raw_tracepoint *context)
{
	return allocated(KMEM_KMALLOC, context->args[0], context->args[1], context->args[3]);
}

/* Before 6.1. */
SEC("raw_tp/kmalloc_node")
int kmalloc_node(struct raw_tracepoint *context)
{
	return allocated(KMEM_KMALLOC, context->args[0], context->args[1], context->args[3]);
}

SEC("raw_tp/kmem_cache_alloc")
int kmem_cache_alloc(struct raw_tracepoint *context)
{
	struct kmem_cache *cache = (void *)context->args[2];
	u64 bytes;

	if (bpf_core_type_exists(struct trace_event_raw_kmem_cache_alloc))
		bytes = BPF_CORE_READ(cache, size);
	else
		bytes = context->args[3];
	return allocated(KMEM_SLAB, context->args[0], context->args[1], bytes);
}

/* Before 6.1. */
SEC("raw_tp/kmem_cache_alloc_node")
int kmem_cache_alloc_node(struct raw_tracepoint *context)
{
	return allocated(KMEM_SLAB, context->args[0], context->args[1], context->args[3]);
}

SEC("raw_tp/kfree")
int kfree(struct raw_tracepoint *context)
{
	return freed(KMEM_KMALLOC, context->args[1]);
}

SEC("raw_tp/kmem_cache_free")
int kmem_cache_free(struct raw_tracepoint *context)
{
	return freed(KMEM_SLAB, context->args[1]);
}

/* What kfree_rcu() frees in bulk comes by no kfree(). */
#define BULK 512

/* A function of its own, so that the verifier looks at it once and not for each pointer. */
__noinline int freed_in_bulk(u64 pointer)
{
	return freed(KMEM_KMALLOC, pointer);
}

SEC("raw_tp/rcu_invoke_kfree_bulk_callback")
int rcu_invoke_kfree_bulk_callback(struct raw_tracepoint *context)
{
	u64 count = (u32)context->args[1], *pointers = (u64 *)context->args[2], pointer;

	for (u64 i = 0; i < BULK && i < count; i++) {
		if (bpf_probe_read_kernel(&pointer, sizeof(pointer), pointers + i))
			break;
		freed_in_bulk(pointer);
	}
	return 0;
}

SEC("raw_tp/mm_page_alloc")
int mm_page_alloc(struct raw_tracepoint *context)
{
	struct kmem_cpu *c = this_cpu();
	u32 order = context->args[1];

	if (!c || !context->args[0])
		return 0;
	add_alone(&c->allocations[KMEM_PAGE], 1);
	add_alone(&c->allocated_bytes[KMEM_PAGE], 1ULL << (config.page_shift + order));
	return 0;
}

SEC("raw_tp/mm_page_free")
int mm_page_free(struct raw_tracepoint *context)
{
	struct kmem_cpu *c = this_cpu();
	u32 order = context->args[1];

	if (!c)
		return 0;
	add_alone(&c->frees[KMEM_PAGE], 1);
	add_alone(&c->freed_bytes[KMEM_PAGE], 1ULL << (config.page_shift + order));
	return 0;
}
