/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Random bytes for OpenSSL, and so for libssh, from the kernel.
 *
 * OpenSSL has generators of its own, which it seeds anew in each process that was forked, and which
 * take more instructions for the padding of one packet than a system call does. Without them there
 * is no generator's state in memory that processes could have in common.
 */
#ifndef SERVER_KERNEL_RANDOM_H
#define SERVER_KERNEL_RANDOM_H

#include "base/err.h"

/*
 * From now on, here and in what is forked. To be called before anything else of OpenSSL.
 * Returns 0 or -1.
 */
int kernel_random_begin(struct err *err);

#endif
