// SPDX-License-Identifier: Apache-2.0
//
// The kernel's type information, parsed once for all objects that are loaded.
#pragma once

/// From here on what libbpf parses of the kernel's BTF is kept, and every object that is loaded uses that.
void wp_kernel_btf_keep(void);

/// It is freed as soon as nothing is being loaded; what is loaded later parses its own.
void wp_kernel_btf_release(void);

/// How often it has been parsed.
unsigned long wp_kernel_btf_parses(void);
