// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <zlib.h>

/// inflateInit2() is a macro, which Swift does not see. For gzip's framing.
int czlib_gunzip_begin(z_stream *stream);
