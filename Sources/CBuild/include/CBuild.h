// SPDX-License-Identifier: Apache-2.0
#pragma once

/// The version control revision the build was made from, or "unknown".
const char *cbuild_revision(void);
