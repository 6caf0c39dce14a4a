/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * What both sides read: the kernel programs write these structs, the Swift collectors map them. Only fixed-width types
 * and natural alignment; a test holds the layouts of both sides against each other.
 */
#pragma once
#include "layouts/histogram.h"
#include "layouts/cgroup.h"
#include "layouts/sched.h"
#include "layouts/weight.h"
#include "layouts/cpu.h"
#include "layouts/exits.h"
#include "layouts/pmu.h"
#include "layouts/process.h"
#include "layouts/irq.h"
#include "layouts/locks.h"
#include "layouts/pagecache.h"
#include "layouts/block.h"
#include "layouts/signals.h"
#include "layouts/syscalls.h"
#include "layouts/faults.h"
#include "layouts/net.h"
#include "layouts/tcp.h"
#include "layouts/kmem.h"
#include "layouts/loadtracking.h"
#include "layouts/tree.h"
