// SPDX-License-Identifier: Apache-2.0
#define _GNU_SOURCE
#include "standin.h"

#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define NOT_FOUND     6
#define UNINITIALIZED 1
#define MOST	      64

struct sample {
	unsigned int pid;
	unsigned long long time;
	unsigned int sm, memory, encoder, decoder;
};

struct process {
	unsigned int pid;
	unsigned long long memory;
	unsigned int gpu_instance, compute_instance;
};

static int is_started;
static int devices[MOST];

static FILE *state(void)
{
	Dl_info info;
	char path[4096];

	if (!dladdr(&is_started, &info))
		return NULL;
	snprintf(path, sizeof(path), "%s.state", info.dli_fname);
	return fopen(path, "re");
}

/* Waits as long as the function is to take, and returns its code. */
static int begin(const char *function)
{
	char line[256], name[64];
	int code = 0, delay = 0, value;
	FILE *file = state();

	if (!file)
		return UNINITIALIZED;
	while (fgets(line, sizeof(line), file)) {
		if (sscanf(line, "code %63s %d", name, &value) == 2 && !strcmp(name, function))
			code = value;
		if (sscanf(line, "delay %63s %d", name, &value) == 2 && !strcmp(name, function))
			delay = value;
	}
	fclose(file);
	usleep((unsigned int)delay * 1000);
	if (!is_started && strcmp(function, "init"))
		return UNINITIALIZED;
	return code;
}

/* The line of the GPU `index`; returns how many there are up to it. */
static int gpu(int index, char uuid[96], unsigned long long *millijoules, unsigned int *milliwatts)
{
	char line[256];
	int count = 0;
	FILE *file = state();

	while (file && count <= index && fgets(line, sizeof(line), file))
		if (sscanf(line, "gpu %95s %llu %u", uuid, millijoules, milliwatts) == 3)
			count++;
	if (file)
		fclose(file);
	return count;
}

int nvmlInit_v2(void)
{
	int code = begin("init");

	is_started = !code;
	return code;
}

int nvmlShutdown(void)
{
	is_started = 0;
	return 0;
}

const char *nvmlErrorString(int code)
{
	return code == 15 ? "GPU is lost" : code == 9 ? "Driver Not Loaded" : "Unknown Error";
}

int nvmlDeviceGetCount_v2(unsigned int *count)
{
	char uuid[96];
	unsigned long long millijoules;
	unsigned int milliwatts;

	*count = (unsigned int)gpu(MOST - 1, uuid, &millijoules, &milliwatts);
	return begin("count");
}

int nvmlDeviceGetHandleByIndex_v2(unsigned int index, void **device)
{
	*device = &devices[index];
	return begin("handle");
}

static int index_of(void *device)
{
	return (int)((int *)device - devices);
}

int nvmlDeviceGetUUID(void *device, char *uuid, unsigned int size)
{
	char text[96] = "";
	unsigned long long millijoules;
	unsigned int milliwatts;

	gpu(index_of(device), text, &millijoules, &milliwatts);
	snprintf(uuid, size, "%s", text);
	return 0;
}

int nvmlDeviceGetTotalEnergyConsumption(void *device, unsigned long long *energy)
{
	char uuid[96];
	unsigned int milliwatts;
	int code = begin("energy");

	if (!code)
		gpu(index_of(device), uuid, energy, &milliwatts);
	return code;
}

int nvmlDeviceGetPowerUsage(void *device, unsigned int *power)
{
	char uuid[96];
	unsigned long long millijoules;
	int code = begin("power");

	if (!code)
		gpu(index_of(device), uuid, &millijoules, power);
	return code;
}

int nvmlDeviceGetProcessUtilization(void *device, struct sample *samples, unsigned int *count, unsigned long long since)
{
	char line[256];
	unsigned int found = 0;
	int index, code = begin("samples");
	FILE *file = code ? NULL : state();

	while (file && fgets(line, sizeof(line), file)) {
		struct sample sample = {0};

		if (sscanf(line, "use %d %u %llu %u", &index, &sample.pid, &sample.time, &sample.sm) == 4 &&
		    index == index_of(device) && sample.time > since && found < *count)
			samples[found++] = sample;
	}
	if (file)
		fclose(file);
	*count = found;
	return code ? code : found ? 0 : NOT_FOUND;
}

static int running(void *device, const char *kind, unsigned int *count, struct process *processes)
{
	char line[256], name[64];
	unsigned int found = 0, pid;
	int index, code = begin(kind);
	FILE *file = code ? NULL : state();

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "run %d %u %63s", &index, &pid, name) == 3 && index == index_of(device) &&
		    !strcmp(name, kind) && found < *count)
			processes[found++] = (struct process){.pid = pid};
	if (file)
		fclose(file);
	*count = found;
	return code;
}

int nvmlDeviceGetComputeRunningProcesses_v3(void *device, unsigned int *count, struct process *processes)
{
	return running(device, "compute", count, processes);
}

int nvmlDeviceGetGraphicsRunningProcesses_v3(void *device, unsigned int *count, struct process *processes)
{
	return running(device, "graphics", count, processes);
}
