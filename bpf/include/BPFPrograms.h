/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include "layouts.h"
#include "pelt.h"
#include "slots.h"
#include "swift_name.h"

/// One embedded eBPF object: the name of its source without `.bpf.c`, and the ELF file's bytes.
struct wattprobe_object {
	const char *name;
	const unsigned char *bytes;
	unsigned long size;
} SWIFT_NAME(EmbeddedObject);

extern const struct wattprobe_object BPFPrograms_objects[];
extern const unsigned long BPFPrograms_object_count;

/// `index` counts from 0 to BPFPrograms_object_count - 1.
static inline const struct wattprobe_object *wattprobe_object_at(unsigned long index)
{
	return &BPFPrograms_objects[index];
}
