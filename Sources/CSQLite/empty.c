// SPDX-License-Identifier: Apache-2.0
// SwiftPM builds no target without a source; all there is is SQLite's.
#include "CSQLite.h"
