// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <stdbool.h>
#include <stddef.h>

/*
 * Hashes a passphrase as `setting` asks, crypt(3), into `hash` of `size` bytes. false where crypt refuses either, or
 * has no memory. What it worked with, which holds the passphrase, is wiped.
 */
bool ccrypt_hash(const char *passphrase, const char *setting, char *hash, size_t size);
