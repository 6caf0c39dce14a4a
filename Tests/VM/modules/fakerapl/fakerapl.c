// SPDX-License-Identifier: GPL-2.0
/*
 * Powercap zones of a known power: packages with core and dram, and where asked for psys and, in a control type
 * "intel-rapl-mmio", the first package once more. `totals` shows what each zone has used in truth; the counters show
 * that wrapped, `wrap_s` after the start for the first time and then at each `range_uj`.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/powercap.h>
#include <linux/slab.h>

static uint packages = 1;
module_param(packages, uint, 0444);
static bool psys;
module_param(psys, bool, 0444);
static bool mmio;
module_param(mmio, bool, 0444);
static ulong range_uj = 262143328850;
module_param(range_uj, ulong, 0444);
static uint wrap_s = 30; /* so long after the start each counter wraps */
module_param(wrap_s, uint, 0444);
static uint package_mw = 50000; /* of package-0; the next has twice as much */
module_param(package_mw, uint, 0444);
static uint dram_mw = 10000;
module_param(dram_mw, uint, 0444);
static uint psys_mw = 200000; /* 0: it never counts */
module_param(psys_mw, uint, 0444);
static int read_error; /* such as -5 (EIO) */
module_param(read_error, int, 0644);

struct made_zone {
	struct powercap_zone powercap;
	struct powercap_control_type *type;
	char name[32];
	uint mw;
};

#define MOST 32

static struct powercap_control_type *msr, *twin;
static struct made_zone *zones[MOST];
static int count;
static DEFINE_MUTEX(lock);
static u64 loaded; /* ns: counters go on while their zone is away */

static u64 total_uj(struct made_zone *zone)
{
	return mul_u64_u32_div(ktime_get_ns() - loaded, zone->mw, 1000000);
}

static int get_energy(struct powercap_zone *powercap, u64 *energy)
{
	struct made_zone *zone = container_of(powercap, struct made_zone, powercap);

	if (read_error)
		return read_error;
	div64_u64_rem(range_uj + 1 - (u64)zone->mw * wrap_s * 1000 + total_uj(zone), (u64)range_uj + 1, energy);
	return 0;
}

static int get_range(struct powercap_zone *powercap, u64 *range)
{
	*range = range_uj;
	return 0;
}

static int set_enable(struct powercap_zone *powercap, bool mode)
{
	return 0;
}

static int get_enable(struct powercap_zone *powercap, bool *mode)
{
	*mode = true;
	return 0;
}

static int release(struct powercap_zone *powercap)
{
	return 0;
}

static const struct powercap_zone_ops zone_ops = {
	.get_max_energy_range_uj = get_range,
	.get_energy_uj = get_energy,
	.set_enable = set_enable,
	.get_enable = get_enable,
	.release = release,
};

static int get_limit(struct powercap_zone *powercap, int id, u64 *value)
{
	*value = 250000000;
	return 0;
}

static int set_limit(struct powercap_zone *powercap, int id, u64 value)
{
	return 0;
}

static const char *limit_name(struct powercap_zone *powercap, int id)
{
	return "long_term";
}

static const struct powercap_zone_constraint_ops constraint_ops = {
	.set_power_limit_uw = set_limit,
	.get_power_limit_uw = get_limit,
	.set_time_window_us = set_limit,
	.get_time_window_us = get_limit,
	.get_max_power_uw = get_limit,
	.get_name = limit_name,
};

static struct made_zone *add(struct powercap_control_type *type, const char *name, struct made_zone *parent, uint mw)
{
	struct made_zone *zone = count < MOST ? kzalloc(sizeof(*zone), GFP_KERNEL) : NULL;

	if (!zone)
		return NULL;
	zone->type = type;
	zone->mw = mw;
	strscpy(zone->name, name, sizeof(zone->name));
	if (IS_ERR(powercap_register_zone(&zone->powercap, type, name, parent ? &parent->powercap : NULL, &zone_ops, 1,
					  &constraint_ops))) {
		kfree(zone);
		return NULL;
	}
	zones[count++] = zone;
	return zone;
}

static void add_package(uint index)
{
	char name[32];
	struct made_zone *package;

	snprintf(name, sizeof(name), "package-%u", index);
	package = add(msr, name, NULL, package_mw * (index + 1));
	if (package) {
		add(msr, "core", package, package_mw * (index + 1) / 2);
		add(msr, "dram", package, dram_mw);
	}
}

/* Takes zones away, the newest first, until `keep` are left. */
static void drop(int keep)
{
	while (count > keep) {
		struct made_zone *zone = zones[--count];

		powercap_unregister_zone(zone->type, &zone->powercap);
		kfree(zone);
	}
}

/* "1" takes the last package away, "0" brings it back, as it is with its CPUs. */
static int set_unplugged(const char *value, const struct kernel_param *parameter)
{
	bool away;
	int error = kstrtobool(value, &away);

	if (error)
		return error;
	mutex_lock(&lock);
	if (away)
		drop(count - 3);
	else
		add_package(packages - 1);
	mutex_unlock(&lock);
	return 0;
}

static const struct kernel_param_ops unplugged_ops = {.set = set_unplugged};
module_param_cb(unplugged, &unplugged_ops, NULL, 0200);

/* A line for each zone: control type, name, number of the package, microjoules. */
static int get_totals(char *buffer, const struct kernel_param *parameter)
{
	int length = 0, package = -1, i;

	mutex_lock(&lock);
	for (i = 0; i < count; i++) {
		if (!strncmp(zones[i]->name, "package-", 8))
			package = zones[i]->name[8] - '0';
		length += scnprintf(buffer + length, PAGE_SIZE - length, "%s %s %d %llu\n",
				    zones[i]->type == twin ? "mmio" : "rapl", zones[i]->name, package,
				    total_uj(zones[i]));
	}
	mutex_unlock(&lock);
	return length;
}

static const struct kernel_param_ops totals_ops = {.get = get_totals};
module_param_cb(totals, &totals_ops, NULL, 0444);

static int __init start(void)
{
	uint i;

	loaded = ktime_get_ns();
	msr = powercap_register_control_type(NULL, "intel-rapl", NULL);
	if (IS_ERR(msr))
		return PTR_ERR(msr);
	if (psys)
		add(msr, "psys", NULL, psys_mw);
	if (mmio) {
		twin = powercap_register_control_type(NULL, "intel-rapl-mmio", NULL);
		if (IS_ERR(twin))
			twin = NULL;
		else
			add(twin, "package-0", NULL, package_mw);
	}
	/* last, as what is unplugged is what came last */
	for (i = 0; i < packages; i++)
		add_package(i);
	return 0;
}

static void __exit stop(void)
{
	drop(0);
	if (twin)
		powercap_unregister_control_type(twin);
	powercap_unregister_control_type(msr);
}

module_init(start);
module_exit(stop);
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Made-up powercap zones for tests");
