// SPDX-License-Identifier: Apache-2.0
#pragma once

/// One embedded eBPF object: the name of its source without `.bpf.c`, and the ELF file's bytes.
struct wattprobe_object {
	const char *name;
	const unsigned char *bytes;
	unsigned long size;
};

extern const struct wattprobe_object wattprobe_objects[];
extern const unsigned long wattprobe_object_count;
