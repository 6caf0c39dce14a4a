// SPDX-License-Identifier: Apache-2.0
#pragma once
#include <zlib.h>

/// deflateInit2() and inflateInit2() are macros, which Swift does not see. Both are for gzip's framing.
int czlib_gzip_begin(z_stream *stream, int level);
int czlib_gunzip_begin(z_stream *stream);
