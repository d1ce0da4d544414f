/* SPDX-License-Identifier: Apache-2.0 */
#include "base/backoff.h"

int64_t backoff_next(int64_t delay, int64_t most)
{
	return delay > most / 2 ? most : 2 * delay;
}
