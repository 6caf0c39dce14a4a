// SPDX-License-Identifier: GPL-2.0
/*
 * Drives the kernel's own intel_rapl_common with made-up registers: zones, units, names, the 32-bit wrap and
 * max_energy_range_uj are the real driver's, the power is known. `totals` shows what each domain has used in truth.
 * Needs a processor that intel_rapl_common accepts (qemu -cpu Skylake-Server).
 */
#include <linux/intel_rapl.h>
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/module.h>
#include <linux/powercap.h>
#include <linux/version.h>

static uint package_mw = 50000;
module_param(package_mw, uint, 0444);
static uint dram_mw = 10000;
module_param(dram_mw, uint, 0444);
static uint psys_mw = 100000; /* 0: it never counts */
module_param(psys_mw, uint, 0444);
static uint wrap_s = 30; /* so long after the start each counter wraps */
module_param(wrap_s, uint, 0444);
static uint domains = 0x1f; /* by bits: package, core, uncore, dram, psys */
module_param(domains, uint, 0444);
static bool perf; /* from 6.10 on: the perf PMU "power" as well */
module_param(perf, bool, 0444);
static int read_error;
module_param(read_error, int, 0644);

#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
#define REGISTER(x)    ((union rapl_reg){.val = (x)})
#define NUMBER(r)      ((r).val)
#define ADD(p)	       rapl_add_package(0, p, true)
#define LIMITS(domain) ((domain) == RAPL_DOMAIN_PACKAGE ? 3 : 1)
#else
#define REGISTER(x)    (x)
#define NUMBER(r)      (r)
#define ADD(p)	       rapl_add_package(0, p)
#define LIMITS(domain) ((domain) == RAPL_DOMAIN_PACKAGE ? 2 : 1)
#endif
#define UNIT 0x606
#define BASE 0x1000

static u64 since;

static uint power_of(int domain)
{
	switch (domain) {
	case RAPL_DOMAIN_PP0:
		return package_mw / 2;
	case RAPL_DOMAIN_PP1:
		return package_mw / 10;
	case RAPL_DOMAIN_DRAM:
		return dram_mw;
	case RAPL_DOMAIN_PLATFORM:
		return psys_mw;
	default:
		return package_mw;
	}
}

static u64 total_uj(int domain)
{
	return mul_u64_u32_div(ktime_get_ns() - since, power_of(domain), 1000000);
}

/* Units of 2^-14 J, but dram's of 15.3 uJ, as the driver has it for servers. */
static u32 units(int domain, u64 uj)
{
	return domain == RAPL_DOMAIN_DRAM ? div_u64(uj * 10, 153) : div_u64(uj << 14, 1000000);
}

static u32 raw_of(int domain)
{
	if (!power_of(domain))
		return 1;
	return units(domain, total_uj(domain)) - units(domain, (u64)power_of(domain) * wrap_s * 1000);
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0) /* seen in 7.3 */
static int read_raw(int cpu, struct reg_action *action, bool pmu_context)
#else
static int read_raw(int cpu, struct reg_action *action)
#endif
{
	u64 number = NUMBER(action->reg);
	int domain = (number - BASE) / 16;

	if (read_error && number != UNIT)
		return read_error;
	action->value = 0;
	if (number == UNIT)
		action->value = 0xa0e03; /* 1/8 W, 2^-14 J, 976 us */
	else if (((number - BASE) & 15) == RAPL_DOMAIN_REG_STATUS)
		action->value = raw_of(domain);
	else if (((number - BASE) & 15) == RAPL_DOMAIN_REG_LIMIT)
		action->value = 0x00dd8520;
	action->value &= action->mask;
	return 0;
}

static int write_raw(int cpu, struct reg_action *action)
{
	return 0;
}

#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0) /* seen in 7.3: these are no more the common driver's */
static const struct rapl_defaults defaults = {
	.check_unit = rapl_default_check_unit,
	.set_floor_freq = rapl_default_set_floor_freq,
	.compute_time_window = rapl_default_compute_time_window,
	.dram_domain_energy_unit = 15300,
};

static struct rapl_primitive_info primitives[NR_RAPL_PRIMITIVES] = {
	[ENERGY_COUNTER] = PRIMITIVE_INFO_INIT(ENERGY_COUNTER, 0xffffffff, 0, RAPL_DOMAIN_REG_STATUS, ENERGY_UNIT, 0),
};
#endif

static struct rapl_if_priv driver = {.read_raw = read_raw, .write_raw = write_raw};
static struct rapl_package *package;

static int get_totals(char *buffer, const struct kernel_param *parameter)
{
	static const char *const names[] = {"package-0", "core", "uncore", "dram", "psys"};
	int length = 0, i;

	for (i = 0; i < ARRAY_SIZE(names); i++)
		if (domains & (1u << i))
			length += scnprintf(buffer + length, PAGE_SIZE - length, "rapl %s 0 %llu\n", names[i],
					    total_uj(i));
	return length;
}

static const struct kernel_param_ops totals_ops = {.get = get_totals};
module_param_cb(totals, &totals_ops, NULL, 0444);

static int __init start(void)
{
	int domain, i;

	since = ktime_get_ns();
	driver.reg_unit = REGISTER(UNIT);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(7, 0, 0)
	driver.defaults = &defaults;
	driver.rpi = primitives;
#endif
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 5, 0)
	driver.type = RAPL_IF_MSR;
#endif
	for (domain = 0; domain < RAPL_DOMAIN_MAX; domain++) {
		if (!(domains & (1u << domain)))
			continue;
		for (i = 0; i < RAPL_DOMAIN_REG_PL4; i++)
			driver.regs[domain][i] = REGISTER(BASE + domain * 16 + i);
		driver.limits[domain] = LIMITS(domain);
	}
	driver.control_type = powercap_register_control_type(NULL, "intel-rapl", NULL);
	if (IS_ERR(driver.control_type))
		return PTR_ERR(driver.control_type);
	package = ADD(&driver);
	if (IS_ERR(package)) {
		powercap_unregister_control_type(driver.control_type);
		return PTR_ERR(package);
	}
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	/* the driver gives a PMU only to a package by TPMI; the registers stay as they were set up above */
	if (perf) {
		driver.type = RAPL_IF_TPMI;
		pr_info("raplsim: the PMU: %d\n", rapl_package_add_pmu(package));
	}
#endif
	return 0;
}

static void __exit stop(void)
{
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 10, 0)
	if (perf)
		rapl_package_remove_pmu(package);
#endif
	rapl_remove_package(package);
	powercap_unregister_control_type(driver.control_type);
}

module_init(start);
module_exit(stop);
#if LINUX_VERSION_CODE >= KERNEL_VERSION(6, 13, 0)
MODULE_IMPORT_NS("INTEL_RAPL");
#endif
MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("intel_rapl_common over made-up registers, for tests");
