// SPDX-License-Identifier: Apache-2.0
// SwiftPM builds no target without a source; all there is is libdeflate's.
#include "CDeflate.h"
