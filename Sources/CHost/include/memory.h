// SPDX-License-Identifier: Apache-2.0
#pragma once

/// Sets how malloc(3) holds memory, for good: to be called before any thread is made.
void chost_memory_settle(void);

/// Gives the kernel back what the heap does not use, and takes out of this process' memory those pages of the
/// executable and its libraries that nothing has written to: whatever is used again comes back from the page cache.
void chost_memory_give_back(void);

/// The same for the last time: the start is over. The heap is trimmed, and no page dropped, by later calls.
void chost_memory_started(void);
