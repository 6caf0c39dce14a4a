// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Pages of files in memory: looked up, brought in, made dirty. Which hooks tell of look-ups depends on the kernel; user
 * space tries them in turn and leaves out what it lacks.
 */
#include "detail.h"
#include "percpu.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

const volatile struct pagecache_config config = {};

PER_CPU_ARRAY(pagecache_cpus, pagecache_cpu)

#define TMPFS_MAGIC 0x01021994

enum pageflags { PG_head = 6, PG_swapbacked = 19 };

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct super_block {
	unsigned long s_magic;
};

struct inode {
	struct super_block *i_sb;
	long long i_size;
};

struct address_space {
	struct inode *host;
};

struct folio {
	unsigned long flags;
	unsigned int _nr_pages;
};

struct page {
	unsigned long flags;
};

/* 53fbef56e07d ("mm: introduce memdesc_flags_t", 6.18) */
struct folio___flags_in_struct {
	struct {
		unsigned long f;
	} flags;
};

/* 4996fc547f5b ("mm: let _folio_nr_pages overlay memcg_data in first tail page", 6.15) renamed it. */
struct folio___before_6_15 {
	unsigned int _folio_nr_pages;
};

#pragma clang attribute pop

#define page_flag(name) (1ULL << bpf_core_enum_value(enum pageflags, name))

static __always_inline u64 folio_flags(struct folio *folio)
{
	struct folio___flags_in_struct *newer = (void *)folio;

	if (bpf_core_field_exists(newer->flags.f))
		return newer->flags.f;
	return folio->flags;
}

/* Kernels without folios have single pages in their page cache, but for huge ones that no hook here sees. */
static __always_inline u64 pages_of(struct folio *folio)
{
	struct folio___before_6_15 *older = (void *)folio;
	u64 head = page_flag(PG_head);

	if (!bpf_core_type_exists(struct folio))
		return 1;
	if (bpf_core_field_exists(folio->_nr_pages))
		return folio_flags(folio) & head ? folio->_nr_pages : 1;
	if (bpf_core_field_exists(older->_folio_nr_pages))
		return folio_flags(folio) & head ? older->_folio_nr_pages : 1;
	return 1;
}

static __always_inline int count_accesses(u64 pages)
{
	struct pagecache_cpu *c = this_cpu();

	if (!c)
		return 0;
	atomic_add(&c->accesses, pages);
	if (config.detail)
		add_detail(page_cache_accesses, &c->unwatched_accesses, pages);
	return 0;
}

/* The pages from `first` to `last`, as far as the file goes. */
static __always_inline u64 pages_between(struct address_space *mapping, u64 first, u64 last)
{
	u64 end = ((u64)mapping->host->i_size + (1ULL << config.page_shift) - 1) >> config.page_shift;

	if (last >= end)
		last = end - 1;
	return end && last >= first ? last - first + 1 : 0;
}

/* The read a task is at: one that is longer than a batch of folios comes by several times, further on each time. */
struct reading {
	u64 mapping;
	u64 last;
	u64 index;
	u64 fault; /* 1 + the number of the fault that was counted last; 0: none */
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct reading);
} readings SEC(".maps");

SEC("tp_btf/mm_filemap_get_pages")
int BPF_PROG(mm_filemap_get_pages, struct address_space *mapping, unsigned long index, unsigned long last)
{
	struct reading *reading;
	bool is_new = true;

	/* a read of one page was never part of a longer one where its task had none */
	reading = bpf_task_storage_get(&readings, bpf_get_current_task_btf(), 0,
				       last > index ? BPF_LOCAL_STORAGE_GET_F_CREATE : 0);
	if (reading) {
		is_new = reading->mapping != (u64)mapping || reading->last != last || index <= reading->index;
		reading->mapping = (u64)mapping;
		reading->last = last;
		reading->index = index;
	}
	return is_new ? count_accesses(pages_between(mapping, index, last)) : 0;
}

/*
 * A fault tells of itself several times: as it maps what is in memory around its page, if anything; as its own page is
 * not there; and once or twice more as it is tried again when that has been read. It is one use of one page: which of
 * those around it were there, and will be used, is not told. The task's own counts go on as a fault is over.
 */
static __always_inline int count_fault(void)
{
	struct task_struct *task = bpf_get_current_task_btf();
	u64 fault = task->min_flt + task->maj_flt + 1;
	struct reading *reading = bpf_task_storage_get(&readings, task, 0, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (reading) {
		if (reading->fault == fault)
			return 0;
		reading->fault = fault;
	}
	return count_accesses(1);
}

SEC("tp_btf/mm_filemap_fault")
int BPF_PROG(mm_filemap_fault)
{
	return count_fault();
}

SEC("tp_btf/mm_filemap_map_pages")
int BPF_PROG(mm_filemap_map_pages, struct address_space *mapping)
{
	/* shared memory maps its pages this way too, and brings them in by another */
	if (mapping->host->i_sb->s_magic == TMPFS_MAGIC)
		return 0;
	return count_fault();
}

/* Where the three above are missing (before 6.12): reads mark what they copy, unmapping what was touched. */
static __always_inline int count_marked(u64 flags, u64 pages)
{
	/* of processes, or shared memory: no file */
	return flags & page_flag(PG_swapbacked) ? 0 : count_accesses(pages);
}

SEC("fentry/folio_mark_accessed")
int BPF_PROG(folio_mark_accessed, struct folio *folio)
{
	return count_marked(folio_flags(folio), pages_of(folio));
}

SEC("fentry/mark_page_accessed")
int BPF_PROG(mark_page_accessed, struct page *page)
{
	return count_marked(page->flags, 1);
}

SEC("tp_btf/mm_filemap_add_to_page_cache")
int BPF_PROG(mm_filemap_add_to_page_cache, struct folio *folio)
{
	struct pagecache_cpu *c = this_cpu();

	u64 pages = pages_of(folio);

	if (!c)
		return 0;
	add_alone(&c->insertions, pages);
	if (config.detail)
		add_detail(page_cache_insertions, &c->unwatched_insertions, pages);
	return 0;
}

static __always_inline int count_dirtied(u64 pages)
{
	struct pagecache_cpu *c = this_cpu();

	if (!c)
		return 0;
	add_alone(&c->dirtied, pages);
	if (config.detail) {
		/* an access, too: user space adds them for the machine */
		add_detail(page_cache_accesses, &c->unwatched_accesses, pages);
		add_detail(page_cache_dirtied, &c->unwatched_dirtied, pages);
	}
	return 0;
}

SEC("tp_btf/writeback_dirty_folio")
int BPF_PROG(writeback_dirty_folio, struct folio *folio)
{
	return count_dirtied(pages_of(folio));
}

/* Its name before folios. */
SEC("tp_btf/writeback_dirty_page")
int BPF_PROG(writeback_dirty_page)
{
	return count_dirtied(1);
}
