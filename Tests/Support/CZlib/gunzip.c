// SPDX-License-Identifier: Apache-2.0
#include "gunzip.h"

// 15: the largest window; 16 more: gzip's header and trailer instead of zlib's.
enum { GZIP_WINDOW = 15 + 16 };

int czlib_gunzip_begin(z_stream *stream)
{
	return inflateInit2(stream, GZIP_WINDOW);
}
