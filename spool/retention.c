/* SPDX-License-Identifier: Apache-2.0 */
#include "spool/retention.h"

#include "base/clock.h"

int64_t retention_end(const struct letter *letter, int64_t months)
{
	return clock_add_months(letter->posted, months);
}
