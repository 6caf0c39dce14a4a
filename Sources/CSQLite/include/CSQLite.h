// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <sqlite3.h>

/* A macro that Swift cannot see: with an argument list that varies, which it cannot call. */
static inline int csqlite_defend(sqlite3 *database)
{
	int result = sqlite3_db_config(database, SQLITE_DBCONFIG_DEFENSIVE, 1, (int *)0);

	if (!result)
		result = sqlite3_db_config(database, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, (int *)0);
	return result;
}
