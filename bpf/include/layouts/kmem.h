/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* What kmem.bpf.c keeps: one kmem_cpu per CPU, a kmem_allocation per pointer, a kmem_site per call site and CPU. */
#pragma once
#include <linux/types.h>
#include "../swift_name.h"

enum kmem_allocator { KMEM_KMALLOC, KMEM_SLAB, KMEM_PAGE, KMEM_ALLOCATORS };

struct kmem_cpu {
	__u64 allocations[KMEM_ALLOCATORS];
	__u64 frees[KMEM_ALLOCATORS];
	__u64 allocated_bytes[KMEM_ALLOCATORS];
	__u64 freed_bytes[KMEM_ALLOCATORS];
	__u64 lost; /* allocations there was no room for */
	__s64 kept; /* entries of freed memory: made here less taken into use here */
	__u64 padding[2];
} SWIFT_NAME(KmemPerCPU);

struct kmem_allocation {
	__u64 site; /* 0: the memory is free */
	__u32 bytes;
	__u32 allocator; /* enum kmem_allocator */
} SWIFT_NAME(KmemAllocation);

/* Differences: what one CPU allocated another may have freed. Key 0 has what there was no room for. */
struct kmem_site {
	__u64 bytes;
	__u64 allocations;
} SWIFT_NAME(KmemSite);

struct kmem_config {
	__u32 page_shift;
	__u32 kept; /* entries of freed memory that each CPU may leave */
} SWIFT_NAME(KmemConfig);
