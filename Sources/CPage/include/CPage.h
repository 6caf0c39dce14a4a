/* SPDX-License-Identifier: Apache-2.0 */
#pragma once
#include <stddef.h>

/// A file of the page at `/`, as it stands in this folder: it lies in the executable's read-only part.
struct page_file {
	const unsigned char *bytes;
	size_t size;
};

/// The document, with `{{NAME}}` where something is to be filled in.
struct page_file page_html(void);
struct page_file page_css(void);
/// All files of `script/` one after the other: they share a scope.
struct page_file page_js(void);
struct page_file page_svg(void);
