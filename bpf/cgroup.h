/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
#pragma once
#include "kernel.h"
#include "layouts.h"

/*
 * The group of a controller's own hierarchy (version 1). The index is a constant to the verifier, so the walk is a
 * direct one, which loads under confidentiality lockdown too.
 */
static __always_inline struct cgroup *controller_group(struct css_set *set, u64 controller)
{
	struct cgroup_subsys_state **state =
		(void *)set + bpf_core_field_offset(struct css_set, subsys) + controller * sizeof(void *);

	return (*state)->cgroup;
}

#define TRY_HIERARCHY(set, key, name, number)                                                                          \
	if (bpf_core_enum_value_exists(enum cgroup_subsys_id, name)) {                                                 \
		struct cgroup *group = controller_group(set, bpf_core_enum_value(enum cgroup_subsys_id, name));        \
		if (group->level) {                                                                                    \
			(key)->id = group->kn->id;                                                                     \
			(key)->hierarchy = number;                                                                     \
			return;                                                                                        \
		}                                                                                                      \
	}

/*
 * The group a task is best known by: that of version 2, or where it is that hierarchy's root, and `version1` says that
 * there are others, the first of these in which it is below the root.
 */
static __always_inline void find_cgroup(struct task_struct *task, bool version1, struct cgroup_key *key)
{
	struct css_set *set = task->cgroups;
	struct cgroup *group = set->dfl_cgrp;

	key->id = group->kn->id;
	key->hierarchy = HIERARCHY_UNIFIED;
	if (!version1 || group->level)
		return;
	TRY_HIERARCHY(set, key, cpu_cgrp_id, HIERARCHY_CPU)
	TRY_HIERARCHY(set, key, cpuacct_cgrp_id, HIERARCHY_CPUACCT)
	TRY_HIERARCHY(set, key, memory_cgrp_id, HIERARCHY_MEMORY)
}
