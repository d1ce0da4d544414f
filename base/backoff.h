/* SPDX-License-Identifier: Apache-2.0 */
/* How long to wait before something is tried again: longer each time, up to a bound. */
#ifndef BASE_BACKOFF_H
#define BASE_BACKOFF_H

#include <stdint.h>

/* What follows a delay: twice of it, and most where that is more. Both are above 0. */
int64_t backoff_next(int64_t delay, int64_t most);

#endif
