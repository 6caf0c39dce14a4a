// SPDX-License-Identifier: Apache-2.0
#include "nvml.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>

/* The library's own "symbol not found". */
#define FUNCTION_NOT_FOUND 13
#define MOST_SAMPLES	   4096

/* As in nvml.h, whose ABI NVIDIA keeps: what changes gets a new name (_v2, _v3). */
struct process_sample {
	unsigned int pid;
	unsigned long long time;
	unsigned int sm, memory, encoder, decoder;
};

struct process_info {
	unsigned int pid;
	unsigned long long memory;
	unsigned int gpu_instance, compute_instance;
};

struct chost_nvml {
	void *library;
	int (*init)(void);
	int (*shutdown)(void);
	const char *(*error_string)(int);
	int (*count)(unsigned int *);
	int (*handle)(unsigned int, void **);
	int (*uuid)(void *, char *, unsigned int);
	int (*energy)(void *, unsigned long long *);
	int (*power)(void *, unsigned int *);
	int (*samples)(void *, struct process_sample *, unsigned int *, unsigned long long);
	int (*compute)(void *, unsigned int *, struct process_info *);
	int (*graphics)(void *, unsigned int *, struct process_info *);
	int is_started;
	struct process_sample sample_buffer[MOST_SAMPLES];
	struct process_info info_buffer[MOST_SAMPLES];
};

/* The newest of the names that the library has. */
static void *symbol(struct chost_nvml *nvml, const char *name, const char *older)
{
	void *found = dlsym(nvml->library, name);

	return found || !older ? found : dlsym(nvml->library, older);
}

struct chost_nvml *chost_nvml_open(const char *library, char *message, size_t size)
{
	struct chost_nvml *nvml = calloc(1, sizeof(*nvml));

	if (!nvml) {
		snprintf(message, size, "no memory");
		return NULL;
	}
	nvml->library = dlopen(library, RTLD_NOW | RTLD_LOCAL);
	if (!nvml->library) {
		const char *cause = dlerror();

		snprintf(message, size, "%s", cause ? cause : "cannot be opened");
		free(nvml);
		return NULL;
	}
	nvml->init = symbol(nvml, "nvmlInit_v2", "nvmlInit");
	nvml->shutdown = symbol(nvml, "nvmlShutdown", NULL);
	nvml->error_string = symbol(nvml, "nvmlErrorString", NULL);
	nvml->count = symbol(nvml, "nvmlDeviceGetCount_v2", "nvmlDeviceGetCount");
	nvml->handle = symbol(nvml, "nvmlDeviceGetHandleByIndex_v2", "nvmlDeviceGetHandleByIndex");
	nvml->uuid = symbol(nvml, "nvmlDeviceGetUUID", NULL);
	nvml->energy = symbol(nvml, "nvmlDeviceGetTotalEnergyConsumption", NULL);
	nvml->power = symbol(nvml, "nvmlDeviceGetPowerUsage", NULL);
	nvml->samples = symbol(nvml, "nvmlDeviceGetProcessUtilization", NULL);
	/* The oldest form has a shorter struct: without these two, processes are not told apart. */
	nvml->compute =
		symbol(nvml, "nvmlDeviceGetComputeRunningProcesses_v3", "nvmlDeviceGetComputeRunningProcesses_v2");
	nvml->graphics =
		symbol(nvml, "nvmlDeviceGetGraphicsRunningProcesses_v3", "nvmlDeviceGetGraphicsRunningProcesses_v2");
	if (!nvml->init || !nvml->count || !nvml->handle || !nvml->uuid) {
		snprintf(message, size, "%s: no NVML: a function is missing", library);
		chost_nvml_close(nvml);
		return NULL;
	}
	return nvml;
}

int chost_nvml_start(struct chost_nvml *nvml)
{
	int code;

	if (nvml->is_started)
		return 0;
	code = nvml->init();
	nvml->is_started = !code;
	return code;
}

void chost_nvml_close(struct chost_nvml *nvml)
{
	if (nvml->is_started && nvml->shutdown)
		nvml->shutdown();
	dlclose(nvml->library);
	free(nvml);
}

const char *chost_nvml_text(struct chost_nvml *nvml, int code)
{
	const char *text = nvml->error_string ? nvml->error_string(code) : NULL;

	return text ? text : "failed";
}

int chost_nvml_count(struct chost_nvml *nvml, unsigned int *count)
{
	return nvml->count(count);
}

int chost_nvml_device(struct chost_nvml *nvml, unsigned int index, void **device, char uuid[CHOST_NVML_UUID_SIZE])
{
	int code = nvml->handle(index, device);

	if (!code)
		code = nvml->uuid(*device, uuid, CHOST_NVML_UUID_SIZE);
	uuid[CHOST_NVML_UUID_SIZE - 1] = 0;
	return code;
}

int chost_nvml_energy(struct chost_nvml *nvml, void *device, uint64_t *millijoules)
{
	unsigned long long value = 0;
	int code = nvml->energy ? nvml->energy(device, &value) : CHOST_NVML_NOT_SUPPORTED;

	*millijoules = value;
	return code;
}

int chost_nvml_power(struct chost_nvml *nvml, void *device, uint32_t *milliwatts)
{
	return nvml->power ? nvml->power(device, milliwatts) : CHOST_NVML_NOT_SUPPORTED;
}

static unsigned int busiest(const struct process_sample *sample)
{
	unsigned int most = sample->sm;

	if (sample->encoder > most)
		most = sample->encoder;
	return sample->decoder > most ? sample->decoder : most;
}

static int sampled_uses(struct chost_nvml *nvml, void *device, uint64_t *since, struct chost_nvml_use *uses,
			unsigned int *count)
{
	unsigned int found = MOST_SAMPLES, kept = 0;
	uint64_t newest = *since;
	int code;

	if (!nvml->samples)
		return FUNCTION_NOT_FOUND;
	code = nvml->samples(device, nvml->sample_buffer, &found, *since);
	if (code == CHOST_NVML_NOT_FOUND) {
		*count = 0;
		return 0;
	}
	if (code)
		return code;
	for (unsigned int i = 0; i < found && i < MOST_SAMPLES; i++) {
		const struct process_sample *sample = &nvml->sample_buffer[i];

		/* Some drivers give what was seen before once more. */
		if (!sample->pid || sample->time <= *since)
			continue;
		if (sample->time > newest)
			newest = sample->time;
		if (kept < *count)
			uses[kept++] = (struct chost_nvml_use){.pid = sample->pid, .weight = busiest(sample)};
	}
	*since = newest;
	*count = kept;
	return 0;
}

static int running_uses(struct chost_nvml *nvml, void *device, struct chost_nvml_use *uses, unsigned int *count)
{
	int (*lists[])(void *, unsigned int *, struct process_info *) = {nvml->compute, nvml->graphics};
	unsigned int kept = 0;
	int code = FUNCTION_NOT_FOUND;

	for (unsigned int list = 0; list < 2; list++) {
		unsigned int found = MOST_SAMPLES;

		if (!lists[list])
			continue;
		code = lists[list](device, &found, nvml->info_buffer);
		if (code == CHOST_NVML_NOT_SUPPORTED)
			continue;
		if (code)
			return code;
		for (unsigned int i = 0; i < found && i < MOST_SAMPLES && kept < *count; i++) {
			unsigned int seen = 0;

			/* A process may compute and draw. */
			while (seen < kept && uses[seen].pid != nvml->info_buffer[i].pid)
				seen++;
			if (seen == kept)
				uses[kept++] = (struct chost_nvml_use){.pid = nvml->info_buffer[i].pid, .weight = 1};
		}
	}
	*count = kept;
	return kept ? 0 : code;
}

int chost_nvml_uses(struct chost_nvml *nvml, void *device, uint64_t *since, struct chost_nvml_use *uses,
		    unsigned int *count)
{
	unsigned int room = *count;
	int code = sampled_uses(nvml, device, since, uses, count);

	if (code != CHOST_NVML_NOT_SUPPORTED && code != FUNCTION_NOT_FOUND)
		return code;
	*count = room;
	return running_uses(nvml, device, uses, count);
}
