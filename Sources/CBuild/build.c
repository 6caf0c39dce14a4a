// SPDX-License-Identifier: Apache-2.0
#include "CBuild.h"

#ifndef WATTPROBE_REVISION
#define WATTPROBE_REVISION "unknown"
#endif

const char *cbuild_revision(void)
{
	return WATTPROBE_REVISION;
}
