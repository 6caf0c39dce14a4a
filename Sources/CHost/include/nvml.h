// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stddef.h>
#include <stdint.h>

/*
 * NVIDIA's management library, opened at run time where it is installed. Functions return its codes: 0 is success, 3 is
 * "not supported", the others only matter by their text. Not thread-safe: one thread uses a `struct chost_nvml`.
 */
struct chost_nvml;

#define CHOST_NVML_NOT_SUPPORTED 3
#define CHOST_NVML_NOT_FOUND	 6
/* A device's identifier, "GPU-" and a UUID, with room for those of later generations; NVML's own bound is 96. */
#define CHOST_NVML_UUID_SIZE 96

/* What one process used of a device lately. */
struct chost_nvml_use {
	uint32_t pid;
	/* Of the busiest engine, in percent; 1 for each process that has the device open where the device does not
	 * tell. */
	uint32_t weight;
};

/* Opens the library, whose name or path is `library`; NULL where that fails, with the cause in `message`. */
struct chost_nvml *chost_nvml_open(const char *library, char *message, size_t size);
/* Starts the library; to be repeated where it fails, for the driver may come later. */
int chost_nvml_start(struct chost_nvml *nvml);
void chost_nvml_close(struct chost_nvml *nvml);

const char *chost_nvml_text(struct chost_nvml *nvml, int code);
int chost_nvml_count(struct chost_nvml *nvml, unsigned int *count);
/* The device's handle, to be given to the functions below, and its identifier. */
int chost_nvml_device(struct chost_nvml *nvml, unsigned int index, void **device, char uuid[CHOST_NVML_UUID_SIZE]);
/* Millijoules since the driver was loaded; Volta and later. */
int chost_nvml_energy(struct chost_nvml *nvml, void *device, uint64_t *millijoules);
int chost_nvml_power(struct chost_nvml *nvml, void *device, uint32_t *milliwatts);
/*
 * Who used the device since `*since`, a time of the driver's own that is moved on; at most `*count` entries, which is
 * set to how many there are. A process may have several.
 */
int chost_nvml_uses(struct chost_nvml *nvml, void *device, uint64_t *since, struct chost_nvml_use *uses,
		    unsigned int *count);
