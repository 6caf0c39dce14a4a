// SPDX-License-Identifier: Apache-2.0
#include "CCrypt.h"
#include <crypt.h>
#include <stdlib.h>
#include <string.h>

bool ccrypt_hash(const char *passphrase, const char *setting, char *hash, size_t size)
{
	struct crypt_data *data = calloc(1, sizeof(*data));
	/* NULL where it fails, as crypt_rn has it: crypt(3) itself gives a string such as "*0" */
	const char *result = data ? crypt_rn(passphrase, setting, data, sizeof(*data)) : NULL;
	bool is_done = result && strlen(result) < size;

	if (is_done)
		strcpy(hash, result);
	if (data)
		explicit_bzero(data, sizeof(*data));
	free(data);
	return is_done;
}
