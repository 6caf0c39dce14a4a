// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * PELT's signals of each task of the fair class against the time it really ran.
 *
 * pelt_se_tp comes when the kernel has brought util_avg up to date: as a task wakes, is put on or taken off the CPU,
 * and in each tick of one that runs, but at most once a period (1 ms). So it costs little, and a task that never
 * switches is seen as well. Between two of these points the signal is known in closed form (pelt.h).
 */
#include "histogram.h"
#include "percpu.h"
#define PELT_CALLED __noinline
#include "pelt.h"

char LICENSE[] SEC("license") = "Dual BSD/GPL";

#define PF_EXITING 0x4

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

struct sched_avg {
	u64 last_update_time;
	unsigned long util_avg;
	unsigned int util_est;
};

/* 11137d384996 ("sched/fair: Simplify util_est", 6.8) left one number of it. */
struct util_est {
	unsigned int enqueued;
	unsigned int ewma;
};

struct sched_avg___before_6_8 {
	struct util_est util_est;
};

struct sched_entity___tracked {
	unsigned char on_rq;
	unsigned char sched_delayed;
	u64 sum_exec_runtime;
	struct cfs_rq *cfs_rq;
	struct cfs_rq *my_q;
	struct sched_avg avg;
};

struct rq___clocks {
	u64 clock;
	u64 clock_task;
	u64 clock_pelt;
};

#pragma clang attribute pop

const volatile struct loadtracking_config config = {};

PER_CPU_ARRAY(loadtracking_cpus, loadtracking_cpu)

/* A moment at which the signal is known. */
struct point {
	u64 rq;
	u64 clock;
	u64 clock_task; /* without interrupts and what a hypervisor took: sum_exec_runtime is in it */
	u64 behind;	/* by how much PELT's clock is behind it */
	u64 ran;
	u32 util;
	u32 est;
};

struct part {
	u64 ns;
	u64 ran;
	u64 avg; /* area under util_avg */
};

struct tracked {
	struct point last;
	struct part slot;
	struct part window;
	u64 est;      /* area under the higher of util_avg and util_est, of the window */
	u64 slept;    /* in it */
	u64 slept_io; /* of that: in io_schedule() or uninterruptibly */
	u64 switches; /* nvcsw as it began */
	u64 class;    /* of the window before */
	u32 predicts; /* 1 + what was predicted at the last wakeup before it; 0: nothing */
	u32 next;     /* the same for the next one */
	struct step_detector steps;
	struct step_result pending; /* until a window is over that lies behind the step */
	u64 pending_ns;		    /* since the step */
};

static const struct tracked untracked = {};

/* By address. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 1);
	__type(key, u64);
	__type(value, struct tracked);
} load_tasks SEC(".maps");

/* As task_util_est() takes it, without util_avg. */
static __always_inline u32 estimate(struct sched_entity___tracked *se)
{
	struct sched_avg___before_6_8 *old = (void *)&se->avg;
	u32 enqueued, ewma;

	if (!bpf_core_field_exists(old->util_est.enqueued))
		return se->avg.util_est & 0x7fffffff;
	enqueued = old->util_est.enqueued & 0x7fffffff;
	ewma = old->util_est.ewma;
	return enqueued > ewma ? enqueued : ewma;
}

static __always_inline void read_point(struct point *point, struct sched_entity___tracked *se)
{
	struct rq___clocks *rq;

	point->ran = se->sum_exec_runtime;
	point->util = se->avg.util_avg;
	point->est = estimate(se);
	if (bpf_core_field_exists(((struct cfs_rq *)0)->rq)) {
		rq = (struct rq___clocks *)se->cfs_rq->rq;
		point->rq = (u64)rq;
		point->clock = rq->clock;
		point->clock_task = rq->clock_task;
		point->behind = point->clock_task - rq->clock_pelt;
	} else {
		point->rq = 0;
		point->clock = point->clock_task = bpf_ktime_get_ns();
		point->behind = 0;
	}
}

static __always_inline u32 class_of(struct tracked *t, u64 sleeps)
{
	if (t->window.ran * 1024 >= t->window.ns * config.cpu_bound)
		return LOAD_CPU_BOUND;
	if (t->slept_io && t->slept_io * 1024 >= t->slept * config.io_bound)
		return LOAD_IO_BOUND;
	return t->window.ran <= sleeps * config.interactive_ns ? LOAD_INTERACTIVE : LOAD_BURSTY;
}

__noinline u32 slot_of(u64 ns)
{
	return fine ? fine_slot(ns) : histogram_slot(ns);
}

/* Adds a time to `member` of a CPU's element. */
#define add_to(c, member, ns)                                                                                          \
	({                                                                                                             \
		u64 slot_ = slot_of(ns);                                                                               \
                                                                                                                       \
		/* clang knows the bound, the verifier does not */                                                     \
		barrier_var(slot_);                                                                                    \
		if (fine && slot_ < HISTOGRAM_SLOTS * FINE_SLOTS)                                                      \
			atomic_add(&fine_slots(c, member.slots)[slot_], 1);                                            \
		else if (!fine && slot_ < HISTOGRAM_SLOTS)                                                             \
			atomic_add(&(c)->member.slots[slot_], 1);                                                      \
		atomic_add(&(c)->member.sum, ns);                                                                      \
	})

/* How far `estimated` is from `actual`, as a share of that: 10^9 is 1. */
static __always_inline void add_error(struct loadtracking_cpu *c, u64 class, u32 signal, u64 estimated, u64 actual)
{
	u64 off = estimated > actual ? estimated - actual : actual - estimated;
	u64 ratio = ((off << 20) / actual) * NSEC_PER_SEC >> 20;

	if (estimated >= actual)
		add_to(c, classes[class].errors[signal][LOAD_OVER], ratio);
	else
		add_to(c, classes[class].errors[signal][LOAD_UNDER], ratio);
}

static __always_inline void add_result(struct loadtracking_cpu *c, u64 class, struct step_result *result)
{
	u64 step = result->step;

	if (step < LOAD_STEPS && result->outcome == STEP_CONVERGED)
		add_to(c, classes[class].convergence[step], result->ns);
	else if (step < LOAD_STEPS)
		atomic_add(&c->classes[class].unconverged[step], 1);
	result->outcome = STEP_NOTHING;
}

/* Adds a window to its class. One that its task did not live to the end of is too short to tell an error from. */
static __always_inline void close_window(struct loadtracking_cpu *c, struct tracked *t, u64 switches, bool is_whole)
{
	struct load_class_sums *sums;
	u64 class;

	if (!t->window.ns)
		return;
	class = class_of(t, switches - t->switches);
	if (class >= LOAD_CLASSES)
		return;
	sums = &c->classes[class];
	atomic_add(&sums->actual_ns, t->window.ran);
	atomic_add(&sums->estimated_ns[LOAD_UTIL_AVG], t->window.avg);
	atomic_add(&sums->estimated_ns[LOAD_UTIL_EST], t->est);
	/* less than the smallest value of the signal says nothing */
	if (is_whole && t->window.ran * 1024 >= t->window.ns) {
		add_error(c, class, LOAD_UTIL_AVG, t->window.avg, t->window.ran);
		if (t->predicts)
			add_error(c, class, LOAD_UTIL_EST, (t->predicts - 1) * t->window.ns >> 10, t->window.ran);
	}
	if (t->pending.outcome && t->pending_ns >= t->window.ns)
		add_result(c, class, &t->pending);

	t->window.ns = t->window.ran = t->window.avg = 0;
	t->est = t->slept = t->slept_io = 0;
	t->switches = switches;
	t->class = class;
	t->predicts = t->next;
	t->next = 0;
}

static __always_inline void close_slot(struct loadtracking_cpu *c, struct tracked *t)
{
	struct step_result result = step_slot(&t->steps, t->slot.ns, t->slot.ran, t->slot.avg);
	u64 class = t->class;

	t->pending_ns += t->slot.ns;
	if (result.outcome) {
		/* steps that come faster than windows */
		if (t->pending.outcome && class < LOAD_CLASSES)
			add_result(c, class, &t->pending);
		t->pending = result;
		t->pending_ns = t->steps.since_ns;
	}
	t->slot.ns = t->slot.ran = t->slot.avg = 0;
}

/* Asleep until now, not waiting for a CPU: it is being queued, or was left on the queue as it blocked (6.12). */
static __always_inline bool was_asleep(struct sched_entity___tracked *se)
{
	if (!se->on_rq)
		return true;
	return bpf_core_field_exists(se->sched_delayed) && se->sched_delayed;
}

static __always_inline bool was_in_io(struct task_struct *task)
{
	return BPF_CORE_READ_BITFIELD_PROBED(task, in_iowait) ||
	       BPF_CORE_READ_BITFIELD_PROBED(task, sched_contributes_to_load);
}

static __always_inline void start(struct loadtracking_cpu *c, u64 key, struct task_struct *task,
				  struct sched_entity___tracked *se)
{
	struct tracked *t;

	/* its end has been seen already, perhaps: nothing is lost of it */
	if (BPF_CORE_READ(task, flags) & PF_EXITING)
		return;
	if (bpf_map_update_elem(&load_tasks, &key, &untracked, BPF_NOEXIST)) {
		atomic_add(&c->lost, 1);
		return;
	}
	t = bpf_map_lookup_elem(&load_tasks, &key);
	if (!t)
		return;
	read_point(&t->last, se);
	t->switches = BPF_CORE_READ(task, nvcsw);
}

SEC("tp_btf/pelt_se_tp")
int BPF_PROG(pelt_se_tp, struct sched_entity *entity)
{
	struct sched_entity___tracked *se = (void *)entity;
	struct task_struct *task = (void *)entity - bpf_core_field_offset(struct task_struct, se);
	u64 key = (u64)task, ns, ran, rest, counted, room, cut;
	struct loadtracking_cpu *c = this_cpu();
	struct pelt_areas areas;
	struct point now;
	struct tracked *t;
	bool slept;

	if (!c)
		return 0;
	/* a group's */
	if (bpf_core_field_exists(se->my_q) && se->my_q)
		return 0;
	if (config.tgid && (u32)BPF_CORE_READ(task, tgid) != config.tgid)
		return 0;
	t = bpf_map_lookup_elem(&load_tasks, &key);
	if (!t) {
		start(c, key, task, se);
		return 0;
	}

	read_point(&now, se);
	if (now.ran < t->last.ran) {
		/* another task, at the address of one whose end was missed */
		t->slot.ns = t->slot.ran = t->slot.avg = 0;
		t->window.ns = t->window.ran = t->window.avg = 0;
		t->est = t->slept = t->slept_io = 0;
		t->switches = BPF_CORE_READ(task, nvcsw);
		t->last = now;
		return 0;
	}
	if (now.rq == t->last.rq) {
		ns = now.clock_task - t->last.clock_task;
		if ((__s64)(now.behind - t->last.behind) > 1024)
			atomic_add(&c->scaled, 1);
	} else {
		ns = now.clock - t->last.clock;
	}
	ns = not_negative(ns);
	ran = now.ran - t->last.ran;
	/* the clocks of two CPUs may differ by a little */
	if (ran > ns)
		ns = ran;
	rest = ns - ran;
	slept = was_asleep(se);
	areas = pelt_between(t->last.util, now.util, t->last.est, ns, ran);

	/* of a sleep longer than a window the window takes what it has room for: nobody predicted that nothing runs */
	counted = ns;
	room = t->window.ns < config.window_ns ? config.window_ns - t->window.ns : 0;
	if (slept && rest > config.window_ns) {
		counted = ran > room ? ran : room;
		cut = t->last.est * (ns - counted) / 1024;
		areas.est = areas.est > cut ? areas.est - cut : 0;
	}
	t->window.ns += counted;
	t->window.ran += ran;
	t->window.avg += areas.avg;
	t->est += areas.est;
	if (slept) {
		t->slept += rest;
		if (was_in_io(task))
			t->slept_io += rest;
		t->next = 1 + (now.util > now.est ? now.util : now.est);
	}
	t->slot.ns += ns;
	t->slot.ran += ran;
	t->slot.avg += areas.avg;
	t->last = now;

	if (t->slot.ns >= STEP_SLOT_NS)
		close_slot(c, t);
	if (t->window.ns >= config.window_ns)
		close_window(c, t, BPF_CORE_READ(task, nvcsw), true);
	return 0;
}

SEC("tp_btf/sched_process_free")
int BPF_PROG(sched_process_free, struct task_struct *task)
{
	struct loadtracking_cpu *c = this_cpu();
	u64 key = (u64)task;
	struct tracked *t;

	t = bpf_map_lookup_elem(&load_tasks, &key);
	if (!t)
		return 0;
	if (c)
		close_window(c, t, task->nvcsw, false);
	bpf_map_delete_elem(&load_tasks, &key);
	return 0;
}
