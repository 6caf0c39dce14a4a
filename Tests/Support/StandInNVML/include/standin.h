// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * Stands in for NVIDIA's management library: answers out of the text file that lies beside it, its own path with
 * ".state" behind it, read anew at every call. A copy of the library is thus a machine of its own.
 * Lines, all numbers decimal:
 *
 *	code FUNCTION N		what that function returns, as "code energy 15"; 0 where nothing is said
 *	delay FUNCTION MS	how long it takes
 *	gpu UUID MJ MW		one GPU: millijoules so far, milliwatts now
 *	use INDEX PID TIME SM	a sample of a process on a GPU, in percent
 *	run INDEX PID KIND	a process on a GPU: compute or graphics
 *
 * FUNCTION is init, count, handle, energy, power, samples, compute or graphics.
 */
int nvmlInit_v2(void);
